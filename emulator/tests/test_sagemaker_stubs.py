"""Stubs: answers that a test sets for variants, by the control surface and by the host."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.core.clock import clock
from local_aws.core.control import BadControlRequestError
from local_aws.sagemaker.serving import Answer, Host, HostTimeoutError, Invocation, NotRunnableError, stubs
from local_aws.sagemaker.serving.definitions import HostedVariant

INVOCATION = Invocation(b"1,2")


@pytest.fixture(autouse=True)
def no_stubs() -> Iterator[None]:
    yield
    stubs.delete_answers(None)


def invoke(endpoint_name: str, variant_name: str = "AllTraffic", **options: Any) -> Answer:
    with clock.busy():
        return Host(HostedVariant("eu-west-1", endpoint_name, variant_name), []).invoke(INVOCATION, **options)


def test_a_stub_answers_and_says_that_it_is_one() -> None:
    stubs.post_answers([{"endpointName": "Scores", "body": "0.5", "contentType": "text/csv", "status": 418}])

    assert invoke("scores") == Answer(418, {"Content-Type": "text/csv", "x-local-aws-stub": "true"}, b"0.5", "primary")


def test_a_json_body_is_answered_as_json() -> None:
    stubs.post_answers([{"endpointName": "scores", "body": {"predictions": [1]}}])

    answer = invoke("scores")

    assert (answer.status, answer.headers["Content-Type"], answer.body) == (
        200,
        "application/json",
        b'{"predictions": [1]}',
    )


def test_the_stub_of_a_variant_precedes_that_of_all_variants() -> None:
    stubs.post_answers(
        [{"endpointName": "scores", "body": "all"}, {"endpointName": "scores", "variantName": "b", "body": "b"}]
    )

    assert (invoke("scores", "a").body, invoke("scores", "b").body) == (b"all", b"b")


def test_a_later_stub_replaces_the_earlier_one() -> None:
    stubs.post_answers([{"endpointName": "scores", "body": "1"}])
    listed = stubs.post_answers([{"endpointName": "scores", "body": "2"}])

    assert listed == [{"endpointName": "scores", "body": "2"}] == stubs.get_answers(None)
    assert invoke("scores").body == b"2"


def test_a_delay_passes_on_the_virtual_clock() -> None:
    stubs.post_answers([{"endpointName": "slow", "body": "", "delaySeconds": 59}])
    started_at = clock.now()

    invoke("slow")

    assert 59 <= clock.now() - started_at < 65


def test_a_delay_beyond_the_timeout_is_a_timeout_of_the_container() -> None:
    stubs.post_answers([{"endpointName": "slow", "body": "", "delaySeconds": 61}])

    with pytest.raises(HostTimeoutError, match=r"^container primary did not answer in time$"):
        invoke("slow")
    assert invoke("slow", timeout_seconds=900).status == 200


def test_without_a_stub_nothing_pretends_to_predict() -> None:
    with pytest.raises(NotRunnableError, match=r"^Variant AllTraffic has not been started\.$"):
        invoke("scores")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "the body must be a list of answers"),
        (["x"], "/0 is 'x'; expected an object"),
        ([{"endpointName": "x", "body": "", "wait": 1}], "/0/wait is 1; expected one of the fields endpointName, "),
        ([{"body": ""}], "/0/endpointName is None; expected the name of an endpoint"),
        ([{"endpointName": "x"}], "/0/body is missing; expected text or JSON"),
        ([{"endpointName": "x", "body": "", "variantName": 1}], "/0/variantName is 1; expected the name of a variant"),
        ([{"endpointName": "x", "body": "", "contentType": 1}], "/0/contentType is 1; expected a media type"),
        ([{"endpointName": "x", "body": "", "status": 99}], "/0/status is 99; expected an HTTP status from 200 to 599"),
        (
            [{"endpointName": "x", "body": "", "delaySeconds": -1}],
            "/0/delaySeconds is -1; expected a number of seconds",
        ),
    ],
)
def test_an_invalid_stub_is_refused_and_none_is_set(body: Any, message: str) -> None:
    with pytest.raises(BadControlRequestError) as refusal:
        stubs.post_answers(body)

    assert str(refusal.value).startswith(message)
    assert stubs.get_answers(None) == []
