"""InvokeEndpoint answers only for live endpoints."""

from typing import Any

from local_aws import ACCOUNT_ID
from support.hosting import Hosting, refused


def invoke(hosting: Hosting, name: str, **details: Any) -> int:
    answer = hosting.aws.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=b"1,2", **details)
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def not_found(name: str) -> str:
    return f"Endpoint {name} of account {ACCOUNT_ID} not found."


def test_an_endpoint_in_service_answers_to_exactly_its_name(hosting: Hosting) -> None:
    hosting.endpoint("Answering")

    assert invoke(hosting, "Answering") == 200
    with refused("ValidationError", not_found("answering")):
        invoke(hosting, "answering")


def test_an_endpoint_answers_while_it_is_updated(hosting: Hosting) -> None:
    hosting.endpoint("answering-on")
    hosting.script("answering-on", "update", "never_finishes")
    hosting.sagemaker.update_endpoint(EndpointName="answering-on", EndpointConfigName="answering-on-1")

    assert invoke(hosting, "answering-on") == 200


def test_an_endpoint_in_creation_or_failed_does_not_answer(hosting: Hosting) -> None:
    hosting.config("mute-1")
    for name, outcome in (("mute-creating", "never_finishes"), ("mute-failed", "fails")):
        hosting.script(name, "create", outcome)
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="mute-1")
    hosting.wait("mute-failed", "Failed")

    for name in ("mute-creating", "mute-failed", "mute-missing"):
        with refused("ValidationError", not_found(name)):
            invoke(hosting, name)


def test_a_target_variant_must_exist(hosting: Hosting) -> None:
    hosting.endpoint("targeted")

    assert invoke(hosting, "targeted", TargetVariant="AllTraffic") == 200
    with refused("ValidationError", "Variant Other not found for endpoint targeted."):
        invoke(hosting, "targeted", TargetVariant="Other")


def test_an_asynchronous_invocation_needs_a_live_endpoint(hosting: Hosting) -> None:
    with refused("ValidationError", not_found("asynchronous-missing")):
        hosting.aws.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName="asynchronous-missing", InputLocation="s3://in/put"
        )
