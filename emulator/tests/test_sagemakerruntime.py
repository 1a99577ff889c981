"""InvokeEndpoint: live endpoints answer by their variants, and errors have AWS's form and words."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION
from support.hosting import BUCKET, IMAGE, ROLE_ARN, Hosting, refused, unchecked_client


def not_found(name: str) -> str:
    return f"Endpoint {name} of account {ACCOUNT_ID} not found."


def error_of(hosting: Hosting, name: str, body: bytes = b"1", **details: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as failure:
        hosting.invoke(name, body, **details)
    return failure.value.response


def test_an_endpoint_in_service_answers_to_exactly_its_name(hosting: Hosting) -> None:
    hosting.endpoint("Answering")
    hosting.answer("Answering", {"predictions": [1]})

    answer = hosting.invoke("Answering", ContentType="text/csv")

    assert (answer["Body"], answer["ContentType"]) == ('{"predictions": [1]}', "application/json")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-local-aws-stub"] == "true"
    with refused("ValidationError", not_found("answering")):
        hosting.invoke("answering")


def test_without_a_container_or_a_stub_nothing_pretends_to_predict(hosting: Hosting) -> None:
    hosting.endpoint("unpredictable")

    error = error_of(hosting, "unpredictable")

    assert error["Error"]["Code"] == "NotImplemented"
    assert "POST /_emulator/sagemaker/answers" in error["Error"]["Message"]
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_an_endpoint_answers_while_it_is_updated(hosting: Hosting) -> None:
    hosting.endpoint("answering-on")
    hosting.answer("answering-on")
    hosting.script("answering-on", "update", "never_finishes")
    hosting.sagemaker.update_endpoint(EndpointName="answering-on", EndpointConfigName="answering-on-1")

    assert hosting.invoke("answering-on")["Body"] == "answered"


def test_an_endpoint_in_creation_or_failed_does_not_answer(hosting: Hosting) -> None:
    hosting.config("unanswering-1")
    for name, outcome in (("silent-creating", "never_finishes"), ("silent-failed", "fails")):
        hosting.script(name, "create", outcome)
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="unanswering-1")
    hosting.wait("silent-failed", "Failed")

    for name in ("silent-creating", "silent-failed", "silent-missing"):
        with refused("ValidationError", not_found(name)):
            hosting.invoke(name)


def test_variants_answer_by_their_weights(hosting: Hosting) -> None:
    model = hosting.model("weighed-traffic-model")
    weights = {"First": 3.0, "Second": 1.0, "Never": 0.0}
    hosting.endpoint(
        "weighed-traffic",
        *[hosting.variant(model, name, InitialVariantWeight=weight) for name, weight in weights.items()],
    )
    hosting.answer("weighed-traffic")

    answered = [hosting.invoke("weighed-traffic")["InvokedProductionVariant"] for _ in range(200)]

    assert set(answered) == {"First", "Second"}
    assert 100 < answered.count("First") < 190


def test_a_target_variant_overrides_the_weights(hosting: Hosting) -> None:
    model = hosting.model("targeted-model")
    hosting.endpoint("targeted", hosting.variant(model, "Common"), hosting.variant(model, "Rare"))
    hosting.answer("targeted", "rare", variantName="Rare")

    assert hosting.invoke("targeted", TargetVariant="Rare")["Body"] == "rare"
    with refused("ValidationError", "Variant Other not found for endpoint targeted."):
        hosting.invoke("targeted", TargetVariant="Other")


def test_the_error_of_a_model_has_its_status_its_body_and_its_log_group(hosting: Hosting) -> None:
    hosting.endpoint("failing-always")
    group = "/aws/sagemaker/Endpoints/failing-always"
    for status, side in ((500, "server"), (415, "client")):
        hosting.answer("failing-always", "no such column", status=status)

        error = error_of(hosting, "failing-always")

        assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", status)
        assert error["OriginalMessage"] == "no such column"
        assert error["LogStreamArn"] == f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}"
        assert error["Error"]["Message"] == (
            f'Received {side} error ({status}) from primary with message "no such column". See '
            f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}#logEventViewer:group={group} "
            f"in account {ACCOUNT_ID} for more information."
        )


@pytest.mark.parametrize(("status", "code"), [(500, "INTERNAL_FAILURE_FROM_MODEL"), (404, "CLIENT_ERROR_FROM_MODEL")])
def test_the_error_of_a_model_has_a_code_in_its_body(hosting: Hosting, status: int, code: str) -> None:
    """Clients without botocore read it."""
    hosting.endpoint(f"coded-{status}")
    hosting.answer(f"coded-{status}", "no", status=status)
    scope = f"administrator/20261130/{REGION}/sagemaker/aws4_request"
    request = urllib.request.Request(
        f"{hosting.aws.url}/endpoints/coded-{status}/invocations",
        data=b"1",
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}", "Content-Type": "text/csv"},
    )

    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(request)

    with failure.value as answer:
        body = json.loads(answer.read())
    assert (body["ErrorCode"], body["OriginalStatusCode"]) == (code, status)


def test_a_container_that_does_not_answer_is_a_model_error_of_status_0(hosting: Hosting) -> None:
    hosting.endpoint("sleepy")
    hosting.answer("sleepy", delaySeconds=61)

    error = error_of(hosting, "sleepy")

    assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert error["Error"]["Message"].startswith(
        'Received server error (0) from primary with message "Your invocation timed out while waiting for a response '
        "from container primary."
    )


def test_a_target_model_needs_a_multi_model_endpoint(hosting: Hosting) -> None:
    hosting.endpoint("single")
    hosting.store("many/a.tar.gz")
    many = {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/many/"}
    hosting.endpoint("many-by-header", hosting.variant(hosting.model("many-by-header-model", PrimaryContainer=many)))
    hosting.answer("many-by-header")

    with refused(
        "ValidationError", "Endpoint single is not a multi-model endpoint and does not support target model header."
    ):
        hosting.invoke("single", TargetModel="a.tar.gz")
    assert hosting.invoke("many-by-header", TargetModel="a.tar.gz")["Body"] == "answered"
    assert "is missing a target model header" in error_of(hosting, "many-by-header")["Error"]["Message"]


def test_a_container_hostname_needs_direct_invocation_and_a_container_of_that_name(hosting: Hosting) -> None:
    containers = [{"Image": IMAGE, "ContainerHostname": name} for name in ("left", "right")]
    hosting.sagemaker.create_model(
        ModelName="direct-by-hostname-model",
        ExecutionRoleArn=ROLE_ARN,
        Containers=containers,
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    hosting.endpoint("direct-by-hostname", hosting.variant("direct-by-hostname-model"))
    hosting.answer("direct-by-hostname", "no", status=400)
    hosting.endpoint("undirected")

    error = error_of(hosting, "direct-by-hostname", TargetContainerHostname="left")
    assert error["Error"]["Message"].startswith('Received client error (400) from left with message "no".')
    assert "is missing a target container hostname" in error_of(hosting, "direct-by-hostname")["Error"]["Message"]
    with refused("ValidationError", "Container up not found for endpoint direct-by-hostname."):
        hosting.invoke("direct-by-hostname", TargetContainerHostname="up")
    with refused("ValidationError", "Endpoint undirected does not support target container hostname header."):
        hosting.invoke("undirected", TargetContainerHostname="left")


def test_a_body_above_6_mb_is_refused(hosting: Hosting) -> None:
    hosting.endpoint("limited")
    hosting.answer("limited")

    assert hosting.invoke("limited", b"0" * 6_291_456)["Body"] == "answered"
    with refused("413", "HTTP content length exceeded 6291456 bytes."):
        hosting.invoke("limited", b"0" * 6_291_457)


def test_a_body_above_4_mb_is_refused_by_a_serverless_endpoint(hosting: Hosting) -> None:
    hosting.endpoint("small", hosting.serverless_variant(hosting.model("small-model")))
    hosting.answer("small")

    assert hosting.invoke("small", b"0" * 4_194_304)["Body"] == "answered"
    error = error_of(hosting, "small", b"0" * 4_194_305)["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"].endswith("has oversize body.")


def test_parameters_are_checked_against_the_api_model(hosting: Hosting) -> None:
    runtime = unchecked_client(hosting.aws.url, "sagemaker-runtime")

    with refused(
        "ValidationError",
        "1 validation error detected: Value '-x-' at 'targetVariant' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*",
    ):
        runtime.invoke_endpoint(EndpointName="any", TargetVariant="-x-", Body=b"")


@pytest.mark.parametrize("name", ["EnableExplanations", "PrefixAwareId", "SessionId"])
def test_parameters_that_are_not_modelled_are_refused(hosting: Hosting, name: str) -> None:
    error = error_of(hosting, "any", **{name: "x"})["Error"]

    assert error["Code"] == "NotImplemented"
    assert error["Message"] == f"The local AWS does not model this: InvokeEndpoint with {name}"
