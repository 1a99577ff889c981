"""Rules on the tests of a request."""

import re
from typing import Any

import pytest

from shared.errors import InvalidRequest
from tests.unit.plan_deployment.request.reading import MINIMAL, VARIANT, faults, read

TEST = {"name": "golden", "body": {"instances": [[5.1, 3.5]]}}
ASYNC = {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out/", "S3FailurePath": "s3://b/no/"}}}


def with_test(**changes: Any) -> dict[str, Any]:
    return MINIMAL | {"test": [TEST | changes]}


@pytest.mark.parametrize(
    "test",
    [
        TEST,
        {"name": "in S3", "bodyLocation": "s3://bucket/golden/rows.csv", "contentType": "text/csv"},
        TEST | {"body": None},
        TEST | {"body": "5.1,3.5", "accept": "text/csv", "variants": ["AllTraffic"]},
        TEST | {"expect": {"equals": {"": [1], "/a~1b": None}, "within": {"/x": [1.0, 0]}, "rows": {"/p": 2}}},
        TEST | {"expect": {"schema": {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}, "noNaN": False}},
        TEST | {"targetModel": "eu/model.tar.gz", "targetContainerHostname": "second"},
    ],
)
def test_a_valid_test_is_part_of_the_request_as_it_is(test: dict[str, Any]) -> None:
    assert read(MINIMAL | {"test": [test]}).tests == [test]


def test_a_number_in_a_body_keeps_its_form() -> None:
    (test,) = read(with_test(body=[1.0])).tests

    assert repr(test["body"]) == "[1.0]"


@pytest.mark.parametrize(
    ("changes", "pointer", "text"),
    [
        ({"name": "a/b"}, "/test/0/name", "expected letters, digits, spaces and"),
        ({"expect": {"equals": {"x": 1}}}, "/test/0/expect/equals", "expected a JSON pointer .RFC 6901., such as /pre"),
        (
            {"expect": {"within": {"/x": [1]}}},
            "/test/0/expect/within/~1x",
            "expected at least 2 entries, got 1 entries",
        ),
        ({"expect": {"within": {"/x": [1, -1]}}}, "/test/0/expect/within/~1x/1", "expected at least 0, got -1"),
        ({"expect": {"rows": {}}}, "/test/0/expect/rows", "expected at least 1 entries, got 0 entries"),
        ({"expect": {"class": {}}}, "/test/0/expect/class", "is unknown here"),
        (
            {"variants": ["Other"]},
            "/test/0/variants/0",
            'no production variant is named "Other". Name one of these: All',
        ),
        ({"bodyLocation": "s3://bucket/x"}, "/test/0", "has body and bodyLocation. Give one of body and bodyLocation"),
        (
            {"expect": {"schema": {"type": "text"}}},
            "/test/0/expect/schema",
            r"is not a JSON Schema .*wrong at \$\.type",
        ),
        (
            {"expect": {"schema": {"pattern": "("}}},
            "/test/0/expect/schema",
            r"is not a JSON Schema .*wrong at \$\.pattern",
        ),
        (
            {"expect": {"schema": {"items": {"$ref": "https://example.com/schema"}}}},
            "/test/0/expect/schema",
            'refers to "https://example.com/schema", which is not in it. Put the definition into',
        ),
        ({"expect": {"schema": {"$ref": "#/$defs/a"}}}, "/test/0/expect/schema", 'refers to "#/.defs/a", which is not'),
    ],
)
def test_a_fault_of_a_test_is_found_while_planning(changes: dict[str, Any], pointer: str, text: str) -> None:
    ((found, message),) = faults(with_test(**changes)).items()

    assert found == pointer
    assert re.search(text, message)


def test_a_test_has_a_body() -> None:
    with pytest.raises(InvalidRequest, match=r"/test/0: has no body\. Give one of body and bodyLocation"):
        read(MINIMAL | {"test": [{"name": "golden"}]})


def test_each_test_has_its_own_name() -> None:
    with pytest.raises(InvalidRequest, match='/test/1/name: "golden" is already the name of /test/0'):
        read(MINIMAL | {"test": [TEST, TEST]})


def test_the_bodies_of_all_tests_fit_into_the_plan() -> None:
    tests = [{"name": name, "body": "ü" * 33_000} for name in ("one", "two")]

    with pytest.raises(
        InvalidRequest, match=r"/test: the bodies of all tests have 132000 bytes, more than 131072\. Upload"
    ):
        read(MINIMAL | {"test": tests})


def test_a_shadow_variant_cannot_be_tested() -> None:
    request = with_test(variants=["Shadow"]) | {"shadowProductionVariants": [VARIANT | {"VariantName": "Shadow"}]}

    with pytest.raises(
        InvalidRequest, match="/test/0/variants/0: is a shadow variant, whose answers SageMaker discards"
    ):
        read(request)


@pytest.mark.parametrize(
    ("changes", "pointer", "text"),
    [
        ({"variants": ["AllTraffic"]}, "/test/0/variants", "an asynchronous request has no target"),
        ({"targetModel": "m"}, "/test/0/targetModel", "an asynchronous request has no target"),
        ({"expect": {"status": 400}}, "/test/0/expect/status", "the status of an asynchronous answer is not known"),
        ({"expect": {"latencyMilliseconds": 5}}, "/test/0/expect/latencyMilliseconds", "waits in a queue"),
        ({"body": "x" * 128_001}, "/test/0/body", "has 128001 bytes; an asynchronous endpoint takes at most 128000"),
    ],
)
def test_what_an_asynchronous_endpoint_cannot_do_is_not_tested(
    changes: dict[str, Any], pointer: str, text: str
) -> None:
    ((found, message),) = faults(with_test(**changes) | ASYNC).items()

    assert found == pointer
    assert text in message


def test_a_test_of_an_asynchronous_endpoint_needs_the_place_of_its_answers() -> None:
    pointer = "/asyncInferenceConfig/OutputConfig/S3OutputPath"

    with pytest.raises(InvalidRequest, match=f"{pointer}: is missing, and the tests read the answers there"):
        read(with_test() | {"asyncInferenceConfig": {"OutputConfig": {}}})


def test_an_asynchronous_endpoint_without_a_place_for_failures_is_a_warning() -> None:
    config = {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out/"}}}

    assert [warning for warning in read(with_test() | config).warnings if "S3FailurePath" in warning] == [
        "/asyncInferenceConfig/OutputConfig has no S3FailurePath: SageMaker stores no failure, so a test that gets none "
        "waits until the deadline."
    ]
    assert not [warning for warning in read(with_test() | ASYNC).warnings if "S3FailurePath" in warning]


def test_a_body_is_never_in_a_message() -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(with_test(body={"ssn": "s3cr3t"}, bodyLocation="s3://bucket/x") | {"tags": "s"})

    assert "s3cr3t" not in str(raised.value)


def test_a_profile_has_tests() -> None:
    nameless = {name: value for name, value in VARIANT.items() if name != "ModelName"}
    profile = with_test() | {"productionVariants": [nameless]}

    assert read(profile, is_profile=True).tests == [TEST]
    assert set(faults(profile | {"test": [TEST | {"variants": ["Other"]}]}, is_profile=True)) == {"/test/0/variants/0"}
