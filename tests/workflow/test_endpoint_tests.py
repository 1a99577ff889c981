"""Tests of a request: the endpoint must answer as expected, otherwise the deployment is rolled back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import project
from tests.support.answering import GOLDEN, SETOSA, VIRGINICA, asynchronous, set_answer
from tests.support.deployment import Slipway

NEWER = "h2o3-gbm-2019-11-05-09-12-31"


@pytest.fixture(autouse=True)
def without_answers(slipway: Slipway) -> Iterator[None]:
    """Remove the answers that the test has set."""
    yield
    slipway.aws.delete("sagemaker/answers")


def newer(request: dict[str, Any]) -> dict[str, Any]:
    variants = [{**variant, "ModelName": NEWER} for variant in request["productionVariants"]]
    return {**request, "productionVariants": variants}


def test_an_endpoint_that_answers_as_expected_is_in_the_result_and_the_notification(
    slipway: Slipway, request_for: Any
) -> None:
    set_answer(slipway, "tested", SETOSA)

    run = slipway.deploy(request_for("tested", test=[GOLDEN]))

    assert run.status == "SUCCEEDED", run.cause
    assert run.path[-6:] == [
        "What is there to test?",
        "Test endpoint",
        "Tested?",
        "Endpoint is ready",
        "Clean up",
        "Notify success",
    ]
    (passed,) = run.output["tests"]
    assert (passed["name"], passed["variant"], passed["status"]) == ("golden", "AllTraffic", 200)
    assert "\nTests\ngolden of variant AllTraffic: passed, status 200 after " in run.message["message"]


def test_a_wrong_answer_after_a_creation_removes_everything(slipway: Slipway, request_for: Any) -> None:
    set_answer(slipway, "wrong-at-once", VIRGINICA)

    run = slipway.deploy(request_for("wrong-at-once", test=[GOLDEN]))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    first, second, *rest = run.cause.splitlines()
    assert first.startswith("Test golden of variant AllTraffic failed after ")
    assert second == '/predictions/0/predicted_class: expected "setosa", got "virginica"'
    assert "Failed in the state Test endpoint." in rest
    assert slipway.endpoint("wrong-at-once") is None
    assert slipway.configs("wrong-at-once") == []
    assert run.message["attributes"]["outcome"] == "VerificationFailed"


def test_a_wrong_answer_after_an_update_restores_the_previous_config_and_scaling(
    slipway: Slipway, request_for: Any
) -> None:
    set_answer(slipway, "worse", SETOSA)
    first = slipway.deploy(request_for("worse", test=[GOLDEN]))
    scaling = slipway.scaling("worse")
    set_answer(slipway, "worse", VIRGINICA)

    run = slipway.deploy(newer(request_for("worse", test=[GOLDEN], autoscalingMaxCapacity=9)))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    endpoint = slipway.endpoint("worse")
    assert endpoint is not None
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == (
        "InService",
        first.output["endpointConfigName"],
    )
    assert slipway.scaling("worse") == scaling
    assert slipway.configs("worse") == [first.output["endpointConfigName"]]
    assert "the previous config is live" in run.message["subject"]


def test_an_endpoint_that_is_as_requested_is_tested_and_stays_as_it_is(slipway: Slipway, request_for: Any) -> None:
    set_answer(slipway, "unchanged", SETOSA)
    first = slipway.deploy(request_for("unchanged", test=[GOLDEN]))
    again = slipway.deploy(request_for("unchanged", test=[GOLDEN]))
    set_answer(slipway, "unchanged", VIRGINICA)

    failed = slipway.deploy(request_for("unchanged", test=[GOLDEN]))

    assert (again.output["action"], again.output["changed"], len(again.output["tests"])) == ("none", False, 1)
    assert failed.error == "VerificationFailed"
    assert failed.mutations("sagemaker") == []
    endpoint = slipway.endpoint("unchanged")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == first.output["endpointConfigName"]


def test_every_variant_is_tested_and_a_failure_names_the_variant(slipway: Slipway) -> None:
    request = project.event("deploy_two_variants")
    name, (good, bad) = request["endpointName"], [each["VariantName"] for each in request["productionVariants"]]
    set_answer(slipway, name, SETOSA)
    set_answer(slipway, name, "Internal Server Error", variantName=bad, status=500)

    run = slipway.deploy(request | {"test": [GOLDEN]})

    assert run.error == "VerificationFailed"
    first, second, *_ = run.cause.splitlines()
    assert first.startswith(f"Test golden of variant {bad} failed after ")
    assert second == 'status: expected 200, got 500 "Internal Server Error"'

    only = slipway.deploy(request | {"test": [{**GOLDEN, "variants": [good]}]})

    assert only.status == "SUCCEEDED", only.cause


def test_an_expected_error_of_the_container_passes(slipway: Slipway, request_for: Any) -> None:
    set_answer(slipway, "refuses", "no such column", status=400)
    expect = {"status": 400, "equals": {"": "no such column"}}

    run = slipway.deploy(request_for("refuses", test=[{"name": "bad input", "body": {"x": 1}, "expect": expect}]))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["tests"][0]["status"] == 400


def test_a_failed_test_with_keep_leaves_the_new_config_live(slipway: Slipway, request_for: Any) -> None:
    set_answer(slipway, "kept-after-test", VIRGINICA)

    run = slipway.deploy(request_for("kept-after-test", test=[GOLDEN], onFailure="KEEP"))

    assert run.error == "VerificationFailed"
    endpoint = slipway.endpoint("kept-after-test")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "InService"


def test_a_throttled_test_is_sent_again_later(slipway: Slipway, request_for: Any) -> None:
    set_answer(slipway, "throttled-test", SETOSA)
    slipway.fault("sagemaker-runtime", "InvokeEndpoint", "ThrottlingException", "Rate exceeded", times=2)

    run = slipway.deploy(request_for("throttled-test", test=[GOLDEN]))

    assert run.status == "SUCCEEDED", run.cause
    assert run.visited.count("Wait for answer") == 2
    assert run.visited.count("Test endpoint") == 3


def test_a_dry_run_lists_the_tests_and_sends_none(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("only-planned", test=[GOLDEN], dryRun=True))

    assert run.output["tests"] == [{"name": "golden", "variants": ["AllTraffic"]}]
    assert [call for call in run.calls if call["service"] == "sagemaker-runtime"] == []


def test_a_rollback_runs_its_own_tests_and_not_those_of_the_earlier_deployment(
    slipway: Slipway, request_for: Any
) -> None:
    set_answer(slipway, "tested-rollback", SETOSA)
    first = slipway.deploy(request_for("tested-rollback", test=[GOLDEN]))
    slipway.deploy(newer(request_for("tested-rollback")))
    set_answer(slipway, "tested-rollback", VIRGINICA)
    tested = slipway.deploy({"endpointName": "tested-rollback", "rollback": True, "test": [GOLDEN]})

    run = slipway.deploy({"endpointName": "tested-rollback", "rollback": True})

    assert tested.error == "VerificationFailed"
    assert (run.status, run.output["tests"]) == ("SUCCEEDED", [])
    assert run.output["endpointConfigName"] == first.output["endpointConfigName"]


def test_an_asynchronous_answer_is_awaited_in_s3(slipway: Slipway) -> None:
    set_answer(slipway, "queued", SETOSA, delaySeconds=90)

    run = slipway.deploy(asynchronous(slipway, "queued"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.visited.count("Wait for answer") > 2
    assert run.output["tests"] == [{"name": "golden", "variant": None, "status": 200, "latencyMilliseconds": None}]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, '/predictions/0/predicted_class: expected "setosa", got "virginica"'),
        (500, "answer: expected an answer, got a failure: "),
    ],
)
def test_a_wrong_asynchronous_answer_is_rolled_back(slipway: Slipway, status: int, text: str) -> None:
    name = f"queued-{status}"
    set_answer(slipway, name, VIRGINICA, status=status)

    run = slipway.deploy(asynchronous(slipway, name))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert run.cause.startswith(f"Test golden failed:\n{text}")
    assert slipway.endpoint(name) is None


def test_a_body_in_the_stacks_bucket_is_sent(slipway: Slipway, request_for: Any) -> None:
    bucket = slipway.outputs["ArtifactBucketName"]
    slipway.aws.client("s3").put_object(Bucket=bucket, Key="golden/rows.csv", Body=b"5.1,3.5,1.4,0.2")
    set_answer(slipway, "body-in-s3", "0.1\n", contentType="text/csv")
    test = {"name": "rows", "bodyLocation": f"s3://{bucket}/golden/rows.csv", "contentType": "text/csv"}

    run = slipway.deploy(request_for("body-in-s3", test=[{**test, "expect": {"rows": {"": 1}}}]))

    assert run.status == "SUCCEEDED", run.cause
