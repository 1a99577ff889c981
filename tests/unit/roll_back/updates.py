"""A failed update: its plan, and the account after it."""

from typing import Any

from roll_back.logic import roll_back
from roll_back.undo import key_of
from shared.plan import Call, DeploymentPlan, Step
from shared.planning import calls
from tests.support.plans import EXECUTION_ARN, create_config, create_model, deployment_plan, step, update_endpoint
from tests.unit.fakes import ARN, FakeAutoScaling, FakeCloudWatch, FakeSageMaker

STARTED_AT = "2026-11-21T04:30:00.000Z"
BEGAN = "2026-11-21T05:00:00.000Z"
SOON = "2026-11-21T05:00:30.000Z"
TOO_LATE = "2026-11-21T06:00:00.000Z"
NEW, OLD, MODEL = "churn-0123456789ab", "churn-ba9876543210", "h2o3-gbm-0123456789ab"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
CREATED = {f"{ARN}:endpoint-config/{NEW}": EXECUTION_ARN, f"{ARN}:model/{MODEL}": EXECUTION_ARN}


def of_variant(variant: str) -> dict[str, Any]:
    resource_id = f"endpoint/churn/variant/{variant}"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource_id, "ScalableDimension": DIMENSION}


def target(variant: str = "A", **changes: Any) -> dict[str, Any]:
    return of_variant(variant) | {"MinCapacity": 1, "MaxCapacity": 4, "SuspendedState": suspended()} | changes


def policy(name: str = "before", variant: str = "A", value: float = 70.0) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    configuration = {"TargetValue": value, "PredefinedMetricSpecification": metric}
    return {
        "PolicyName": name,
        **of_variant(variant),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }


def scheduled(name: str = "nightly", **changes: Any) -> dict[str, Any]:
    action = {"Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MinCapacity": 1}}
    return {"ScheduledActionName": name, **of_variant("A"), **action} | changes


def suspended(**changes: bool) -> dict[str, bool]:
    return {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    } | changes


def puts(found: dict[str, Any]) -> list[Call]:
    """Calls that register the scaling."""
    return [
        *map(calls.register_target, found["targets"]),
        *map(calls.put_policy, found["policies"]),
        *map(calls.put_scheduled_action, found["scheduledActions"]),
    ]


def scaling_steps(before: dict[str, Any], wanted: dict[str, Any]) -> list[Step]:
    """Steps that register the wanted scaling, with the previous scaling as their undo."""
    existing = {key_of(each["operation"], each["request"]): each for each in puts(before)}
    return [
        step("scale", each, existing.get(key_of(each["operation"], each["request"])) or _removal(each))
        for each in puts(wanted)
    ]


def plan(
    *more: Step, before: dict[str, Any] | None = None, wanted: dict[str, Any] | None = None, **changes: Any
) -> DeploymentPlan:
    """Plan of an update from `OLD` to `NEW` with its own policy and up to 9 instances.

    Parameters
    ----------
    before, wanted : dict
        Targets, policies and scheduled actions, `BEFORE` and `WANTED` by default.
    """
    before, wanted = before or BEFORE, wanted or WANTED
    update = update_endpoint("churn", NEW, OLD, WEIGHTS)
    steps = [create_model(MODEL), create_config(NEW), update, *scaling_steps(before, wanted), *more]
    previous = {"endpointConfigName": OLD, "weights": WEIGHTS, "scaling": puts(before)}
    members = {"endpointConfigName": NEW, "previousEndpointConfigName": OLD, "previous": previous}
    of_churn = {"endpointName": "churn", "alarmPrefix": "slipway/churn/", "startedAt": STARTED_AT}
    return deployment_plan(**{"action": "update", "steps": steps} | of_churn | members | changes)


def around(*more: Step, **changes: Any) -> DeploymentPlan:
    """Plan of a deployment that finds the endpoint on `NEW` and changes only its scaling."""
    steps = [*scaling_steps(BEFORE, WANTED), *more]
    return plan(**{"steps": steps, "action": "none", "previous": None} | changes)


def nothing(**changes: Any) -> dict[str, Any]:
    return {"targets": [], "policies": [], "scheduledActions": []} | changes


WEIGHTS = {"A": 1.0, "B": 9.0}
BEFORE = nothing(targets=[target()], policies=[policy()], scheduledActions=[scheduled()])
WANTED = nothing(targets=[target(MaxCapacity=9)], policies=[policy("wanted", value=90)])


class World:
    """SageMaker and Application Auto Scaling after a failed update with unchanged scaling."""

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
        self.scale(BEFORE)

    def scale(self, scaling: dict[str, Any]) -> None:
        self.autoscaling.targets = {each["ResourceId"]: each for each in scaling["targets"]}
        self.autoscaling.policies = {each["PolicyName"]: each for each in scaling["policies"]}
        self.autoscaling.scheduled_actions = {each["ScheduledActionName"]: each for each in scaling["scheduledActions"]}

    def roll_back(self, the_plan: DeploymentPlan | None = None, now: str = SOON, previous: Any = None) -> Any:
        clients: Any = {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
        }
        return roll_back(the_plan or plan(), BEGAN, now, previous, clients)

    def mutations(self) -> list[str]:
        """Mutating operations of SageMaker, Application Auto Scaling and CloudWatch, in this order."""
        return self.sagemaker.mutations() + self.autoscaling.mutations() + self.cloudwatch.mutations()


def heading_for(config: str) -> dict[str, Any]:
    return {"PendingDeploymentSummary": {"EndpointConfigName": config}}


def _removal(put: Call) -> Call:
    request = put["request"]
    if put["operation"] == "PutScheduledAction":
        names = ("ServiceNamespace", "ResourceId", "ScalableDimension", "ScheduledActionName")
        return {**put, "operation": "DeleteScheduledAction", "request": {name: request[name] for name in names}}
    is_target = put["operation"] == "RegisterScalableTarget"
    return calls.deregister_target(request) if is_target else calls.delete_policy(request)
