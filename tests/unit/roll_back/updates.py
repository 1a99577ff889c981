"""An update that failed: its plan, and the world around it."""

from typing import Any

from roll_back.doing import Services
from roll_back.logic import roll_back
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import ARN, FakeAutoScaling, FakeCloudWatch, FakeSageMaker

BEGAN = "2026-11-21T05:00:00.000Z"
SOON = "2026-11-21T05:00:30.000Z"
TOO_LATE = "2026-11-21T06:00:00.000Z"
NEW, OLD, MODEL = "churn-0123456789ab", "churn-ba9876543210", "h2o3-gbm-0123456789ab"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
CREATED = {f"{ARN}:endpoint-config/{NEW}": EXECUTION_ARN, f"{ARN}:model/{MODEL}": EXECUTION_ARN}


def target(variant: str = "A", **changes: Any) -> dict[str, Any]:
    return _of(variant) | {"MinCapacity": 1, "MaxCapacity": 4} | changes


def policy(name: str = "before", variant: str = "A", value: float = 70.0) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    configuration = {"TargetValue": value, "PredefinedMetricSpecification": metric}
    return {
        "PolicyName": name,
        **_of(variant),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }


def scheduled(name: str = "nightly", **changes: Any) -> dict[str, Any]:
    action = {"Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MinCapacity": 1}}
    return {"ScheduledActionName": name, **_of("A"), **action} | changes


def suspended(**changes: bool) -> dict[str, bool]:
    return {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    } | changes


def plan(**changes: Any) -> dict[str, Any]:
    """The plan of an update from `OLD` to `NEW` that wants a policy of its own, and up to 9 instances."""
    return {
        "action": "update",
        "endpointName": "churn",
        "executionArn": EXECUTION_ARN,
        "startedAt": "2026-11-21T04:30:00.000Z",
        "onFailure": "ROLL_BACK",
        "endpointConfig": {"name": NEW, "exists": False},
        "model": {"name": MODEL, "exists": False},
        "previous": {
            "endpointConfigName": OLD,
            "updateRequest": {
                "EndpointName": "churn",
                "EndpointConfigName": OLD,
                "RetainAllVariantProperties": True,
            },
        },
        "scaling": scaling(),
    } | changes


def scaling(**changes: Any) -> dict[str, Any]:
    return {
        "targets": [target(MaxCapacity=9)],
        "policies": [policy("wanted", value=90)],
        "deregister": [],
        "remove": {},
        "snapshot": {"targets": [target()], "policies": [policy()], "scheduledActions": [scheduled()]},
    } | changes


class World:
    """SageMaker and Application Auto Scaling after an update that failed; scaling is still as the snapshot says."""

    def __init__(self, status: str | None = "InService", config: str = NEW, **members: Any) -> None:
        self.sagemaker, self.autoscaling = FakeSageMaker(), FakeAutoScaling()
        self.cloudwatch = FakeCloudWatch()
        variants = {"ProductionVariants": [{"VariantName": "A", "CurrentInstanceCount": 1}]}
        if status:
            self.sagemaker.add_endpoint("churn", status, config, **variants | members)
        self.sagemaker.models.add(MODEL)
        for name in (OLD, NEW):
            self.sagemaker.configs[name] = {"ProductionVariants": [{"VariantName": "A", "InstanceType": "ml.c5.large"}]}
        self.sagemaker.tags = dict(CREATED)
        self.scale(scaling()["snapshot"])

    def scale(self, told: dict[str, Any]) -> None:
        self.autoscaling.targets = {each["ResourceId"]: each for each in told["targets"]}
        self.autoscaling.policies = {each["PolicyName"]: each for each in told["policies"]}
        self.autoscaling.scheduled_actions = {each["ScheduledActionName"]: each for each in told["scheduledActions"]}

    def look(self, the_plan: dict[str, Any] | None = None, now: str = SOON, previous: Any = None) -> dict[str, Any]:
        services = Services(self.sagemaker, self.autoscaling, self.cloudwatch)
        return roll_back(the_plan or plan(), BEGAN, now, previous, services)

    def made(self) -> list[str]:
        """What was called that changes something; the scaling's calls after SageMaker's, and the alarms' last."""
        return self.sagemaker.made() + self.autoscaling.made() + self.cloudwatch.made()


def heading_for(config: str) -> dict[str, Any]:
    return {"PendingDeploymentSummary": {"EndpointConfigName": config}}


def _of(variant: str) -> dict[str, Any]:
    resource_id = f"endpoint/churn/variant/{variant}"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource_id, "ScalableDimension": DIMENSION}
