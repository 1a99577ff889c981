import pytest

from notify_failure.hints import hint_of
from notify_failure.logic import understand
from tests.unit.fakes import FakeSageMaker
from tests.unit.notify_failure.test_notify_failure import event

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
            "remove /model/PrimaryContainer/Environment from the profile",
        ),
    ],
)
def test_what_sagemaker_does_not_say_is_said_beside_the_remedy(text: str, part: str) -> None:
    failure = {"Error": "SageMaker.SageMakerException", "Cause": SDK.format(text)}

    told = understand(event(failure=failure), FakeSageMaker())

    assert part in hint_of(text)
    assert told.remedy == f"{told.ending.remedy} {hint_of(text)}"
    assert "log in" not in told.remedy


def test_what_speaks_for_itself_gets_no_hint() -> None:
    assert hint_of("Rate exceeded") == ""
