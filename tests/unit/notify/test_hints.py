import pytest

from notify.hints import hint_of
from tests.unit.notify.test_failure import failure

SDK = "{} (Service: SageMaker, Status Code: 400, Request ID: 1)"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (
            "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1"
            ":role/foreign because no identity-based policy allows the iam:PassRole action",
            "parameter ModelExecutionRoleArns: add the role there.",
        ),
        (
            "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kms:CreateGrant on resource: arn:aws:kms"
            ":eu-west-1:1:key/2 because no identity-based policy allows the kms:CreateGrant action",
            "parameter VolumeKeyArns: add the ARN of the key there",
        ),
        (
            'Could not find endpoint configuration "arn:aws:sagemaker:eu-west-1:1:endpoint-config/e-old".',
            "which creates the config of that name",
        ),
        (f"ModelPackage {PACKAGE} does not exist.", "approve another version of the group."),
        (
            "Environment variable map cannot be specified both at Model Package {} and Model {STAGE=prod}",
            "remove Environment from the model in the request, or /model/PrimaryContainer/Environment from the profile",
        ),
        (
            "There is not enough hardware resources on the instances for this endpoint to create a copy of the "
            "inference component.",
            "The copies do not fit on the instances: raise MaxInstanceCount of the variant",
        ),
    ],
)
def test_a_hint_completes_the_remedy_of_a_refusal(text: str, part: str) -> None:
    found = failure(failure={"Error": "SageMaker.SageMakerException", "Cause": SDK.format(text)})

    assert part in hint_of(text)
    assert found.remedy == f"{found.error.remedy} {hint_of(text)}"
    assert "container logs" not in found.remedy


@pytest.mark.parametrize(
    ("actual", "part"),
    [
        ('415 "Unsupported Media Type"', "does not know the contentType or the accept of the test"),
        ('500 "<html>"', "Its log has the error"),
        ('0 "Your invocation timed out while waiting"', "did not answer within 60 s"),
        ("0", "did not answer within 60 s"),
    ],
)
def test_a_hint_completes_the_remedy_of_a_failed_test(actual: str, part: str) -> None:
    cause = f"Test golden of variant A failed after 5 ms:\nstatus: expected 200, got {actual}"

    found = failure(failure={"Error": "VerificationFailed", "Cause": cause})

    assert part in hint_of(cause)
    assert found.remedy.endswith(hint_of(cause))


def test_an_error_whose_text_is_sufficient_has_no_hint() -> None:
    assert hint_of("Rate exceeded") == ""
