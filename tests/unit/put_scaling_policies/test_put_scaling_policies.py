from collections.abc import Callable
from types import ModuleType

import pytest

from put_scaling_policies.logic import put
from shared.errors import ScalingFailed, ScalingNotReady
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeAutoScaling, client_error

POLICIES = [
    {
        "PolicyName": f"e-{name}-target-tracking",
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/e/variant/{name}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5000.0},
    }
    for name in ("Champion", "Challenger")
]
FIRST = {
    "policyName": "e-Champion-target-tracking",
    "policyArn": "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1:e-Champion-target-tracking",
    "resourceId": "endpoint/e/variant/Champion",
}


def test_every_policy_is_put() -> None:
    autoscaling = FakeAutoScaling()

    done = put(POLICIES, autoscaling)

    assert done["policies"][0] == FIRST
    assert list(autoscaling.policies.values()) == POLICIES


@pytest.mark.parametrize(
    ("code", "raised"),
    [("ObjectNotFoundException", ScalingNotReady), ("ValidationException", ScalingFailed)],
)
def test_a_target_not_seen_yet_is_worth_another_try_and_a_refusal_is_not(code: str, raised: type[Exception]) -> None:
    autoscaling = FakeAutoScaling()
    autoscaling.errors["PutScalingPolicy"] = client_error(code, "said AWS", "PutScalingPolicy")

    with pytest.raises(raised, match=f"^endpoint/e/variant/Champion: PutScalingPolicy: {code}: said AWS$"):
        put(POLICIES, autoscaling)


def test_the_doorway_answers_with_the_policies(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("put_scaling_policies")
    monkeypatch.setattr(module, "AUTOSCALING", FakeAutoScaling())

    done = module.lambda_handler({"executionArn": EXECUTION_ARN, "policies": POLICIES[:1]}, context)

    assert done == {"policies": [FIRST]}
