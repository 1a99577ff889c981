"""A deployment that is interrupted after any of its steps, and its rollback: nothing is left of it.

The plan is the planner's own, so this also shows that its undo calls are complete.
"""

import copy
import dataclasses
from typing import Any

import pytest

from plan_deployment.environment import Services
from plan_deployment.planner import plan
from roll_back.logic import roll_back
from shared import records
from shared.autoscaling import NOT_SUSPENDED
from shared.execute import execute, send
from shared.plan import CLEAN_UP, PREPARE, SCALE, Step, steps_of
from tests.support import project
from tests.unit.conftest import EXECUTION, RECORD
from tests.unit.fakes import (
    ARN,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeIam,
    FakeLocks,
    FakeS3,
    FakeSageMaker,
    FakeScheduler,
    FakeSsm,
    client_error,
)
from tests.unit.plan_deployment.world import SETTINGS

LATER = EXECUTION["startedAt"].replace("T04", "T05")
DATA = ("endpoints", "configs", "models", "tags", "all_targets", "on_targets", "alarms", "schedules")  # of the fakes
MODELS = {"h2o3-gbm-2019-10-22-17-57-58", "h2o3-gbm-2019-11-05-09-12-31"}


class SageMaker(FakeSageMaker):
    """Creations and updates that succeed at once; refuses an update of what is registered for scaling."""

    def __init__(self, scaling: "Scaling") -> None:
        super().__init__()
        self.scaling = scaling

    def on_create_endpoint_config(self, parameters: dict[str, Any]) -> Any:
        self.configs[parameters["EndpointConfigName"]] = parameters
        return {}

    def on_create_endpoint(self, parameters: dict[str, Any]) -> Any:
        name = parameters["EndpointName"]
        self.add_endpoint(name, config=parameters["EndpointConfigName"])
        self.endpoints[name.lower()]["ProductionVariants"] = self._variants(parameters["EndpointConfigName"])
        del self.tags[f"{ARN}:endpoint/{name.lower()}"]
        self.tags |= {f"{ARN}:endpoint/{name.lower()}": tag["Value"] for tag in parameters["Tags"]}
        return {}

    def on_update_endpoint(self, parameters: dict[str, Any]) -> Any:
        endpoint = self.endpoints[parameters["EndpointName"].lower()]
        new, old = parameters["EndpointConfigName"], endpoint["EndpointConfigName"]
        before, after = (
            {each["VariantName"]: each.get("InstanceType") for each in self.configs[name]["ProductionVariants"]}
            for name in (old, new)
        )
        for resource_id, _ in self.scaling.all_targets:
            name = resource_id.rpartition("/")[2]
            if before.get(name) != after.get(name):
                raise client_error("ValidationException", f"variant {name} is registered for scaling")
        endpoint |= {"EndpointConfigName": new, "ProductionVariants": self._variants(new)}
        return {}

    def on_update_endpoint_weights_and_capacities(self, parameters: dict[str, Any]) -> Any:
        weights = {each["VariantName"]: each["DesiredWeight"] for each in parameters["DesiredWeightsAndCapacities"]}
        for variant in self.endpoints[parameters["EndpointName"].lower()]["ProductionVariants"]:
            variant["CurrentWeight"] = float(weights.get(variant["VariantName"], variant["CurrentWeight"]))
        return {}

    def on_delete_endpoint(self, parameters: dict[str, Any]) -> Any:
        """The deletion deregisters the variants (SageMaker developer guide, endpoint-scaling)."""
        del self.endpoints[parameters["EndpointName"].lower()]
        self.scaling.all_targets, self.scaling.on_targets = {}, {}
        return {}

    def _variants(self, config: str) -> list[dict[str, Any]]:
        return [
            {"VariantName": each["VariantName"], "CurrentWeight": float(each.get("InitialVariantWeight", 1))}
            | ({"CurrentServerlessConfig": {}} if "ServerlessConfig" in each else {"CurrentInstanceCount": 1})
            for each in self.configs[config]["ProductionVariants"]
        ]


class Scaling(FakeAutoScaling):
    """Targets, policies and scheduled actions by all that names them; one policy for each metric of a target."""

    def __init__(self) -> None:
        super().__init__()
        self.all_targets: dict[Any, dict[str, Any]] = {}
        self.on_targets: dict[Any, dict[str, Any]] = {}

    def on_register_scalable_target(self, parameters: dict[str, Any]) -> Any:
        there = self.all_targets.get(_target(parameters), {"SuspendedState": NOT_SUSPENDED})
        self.all_targets[_target(parameters)] = there | parameters
        return {}

    def on_deregister_scalable_target(self, parameters: dict[str, Any]) -> Any:
        self._require(self.all_targets, _target(parameters))  # type: ignore[arg-type]
        del self.all_targets[_target(parameters)]
        self.on_targets = {key: each for key, each in self.on_targets.items() if _target(each) != _target(parameters)}
        return {}

    def on_put_scaling_policy(self, parameters: dict[str, Any]) -> Any:
        for key, other in self.on_targets.items():
            if key != ("policy", parameters["PolicyName"], *_target(parameters)) and _metric(other) == _metric(
                parameters
            ):
                raise client_error("ValidationException", f"{other['PolicyName']} tracks this metric")
        return self._put("policy", "PolicyName", parameters)

    def on_put_scheduled_action(self, parameters: dict[str, Any]) -> Any:
        return self._put("action", "ScheduledActionName", parameters)

    def on_delete_scaling_policy(self, parameters: dict[str, Any]) -> Any:
        key = ("policy", parameters["PolicyName"], *_target(parameters))
        self._require(self.on_targets, key)  # type: ignore[arg-type]
        del self.on_targets[key]
        return {}

    def on_describe_scalable_targets(self, parameters: dict[str, Any]) -> Any:
        asked = parameters.get("ResourceIds")
        return {"ScalableTargets": [t for (rid, _), t in self.all_targets.items() if asked is None or rid in asked]}

    def on_describe_scaling_policies(self, parameters: dict[str, Any]) -> Any:
        found = self._on("policy", parameters)
        names = parameters.get("PolicyNames", [each["PolicyName"] for each in found])
        return {"ScalingPolicies": [each for each in found if each["PolicyName"] in names]}

    def on_describe_scheduled_actions(self, parameters: dict[str, Any]) -> Any:
        return {"ScheduledActions": self._on("action", parameters)}

    def _put(self, kind: str, name: str, parameters: dict[str, Any]) -> Any:
        self._require(self.all_targets, _target(parameters))  # type: ignore[arg-type]
        self.on_targets[(kind, parameters[name], *_target(parameters))] = parameters
        return {}

    def _on(self, kind: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            each for key, each in self.on_targets.items() if key[0] == kind and _target(each) == _target(parameters)
        ]


def _target(request: dict[str, Any]) -> tuple[str, str]:
    return request["ResourceId"], request["ScalableDimension"]


def _metric(policy: dict[str, Any]) -> Any:
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    metric = configuration.get("PredefinedMetricSpecification") or configuration.get("CustomizedMetricSpecification")
    return (*_target(policy), str(metric)) if metric else object()


class World:
    """An account on which a deployment is carried out step by step."""

    def __init__(self) -> None:
        self.scaling, self.cloudwatch, self.dynamodb = Scaling(), FakeCloudWatch(), FakeLocks()
        self.sagemaker, self.scheduler = SageMaker(self.scaling), FakeScheduler()
        self.sagemaker.models = set(MODELS)
        self.clients: Any = {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.scaling,
            "cloudwatch": self.cloudwatch,
            "scheduler": self.scheduler,
        }

    def deployed(self, request: dict[str, Any]) -> None:
        """Carry out a deployment, and write its record."""
        self.carry_out(self.plan(request, "before")["steps"])
        record = dataclasses.replace(RECORD, endpoint_name="test-endpoint", request=request)
        assert records.write(self.dynamodb, "deployments", record) is None

    def plan(self, request: dict[str, Any], name: str) -> Any:
        services = Services(
            self.sagemaker,
            self.scaling,
            self.dynamodb,
            FakeSsm,
            lambda: self.cloudwatch,
            FakeExecutions,
            FakeS3,
            FakeIam,
            lambda: self.scheduler,
        )
        self.dynamodb.item = {}
        execution = EXECUTION | {"arn": f"{EXECUTION['arn']}-{name}"}
        return plan(request, execution, EXECUTION["startedAt"], services, SETTINGS)

    def carry_out(self, steps: list[Step]) -> None:
        for step in steps:
            send(copy.deepcopy(step), self.clients[step["service"]])

    def add_foreign_scaling(self) -> None:
        """Of each target a scheduled action, and a policy that tracks a metric that no request here names."""
        for target in list(self.scaling.all_targets.values()):
            of_target = {name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
            self.scaling.put_scheduled_action(
                **of_target,
                ScheduledActionName="nightly",
                Schedule="rate(1 day)",
                ScalableTargetAction={"MinCapacity": 1},
            )
            self.scaling.put_scaling_policy(
                **of_target,
                PolicyName="by-another-team",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=tracking("MemoryUtilization"),
            )

    def roll_back(self, made: Any) -> Any:
        answer = None
        for _ in range(20):
            answer = roll_back(made, LATER, LATER, answer, self.clients)
            if answer["done"]:
                return answer
        raise AssertionError(f"the rollback does not end: {answer}")

    def copied(self) -> "World":
        world = World()
        for mine, its in zip(self.clients.values(), world.clients.values(), strict=True):
            its.__dict__ |= {name: copy.deepcopy(mine.__dict__[name]) for name in DATA if name in mine.__dict__}
        return world

    @property
    def state(self) -> Any:
        return copy.deepcopy(
            {
                "endpoints": self.sagemaker.endpoints,
                "configs": sorted(self.sagemaker.configs),
                "targets": self.scaling.all_targets,
                "on targets": self.scaling.on_targets,
                "alarms": self.cloudwatch.alarms,
                "schedules": self.scheduler.schedules,
            }
        )


def request(**changes: Any) -> dict[str, Any]:
    made = copy.deepcopy(project.event("deploy_endpoint")) | changes
    return {name: value for name, value in made.items() if value is not None}


def tracking(metric: str) -> dict[str, Any]:
    """A configuration that tracks a metric of the instances."""
    dimensions = {"EndpointName": "test-endpoint", "VariantName": "AllTraffic"}
    specification = {
        "MetricName": metric,
        "Namespace": "/aws/sagemaker/Endpoints",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Statistic": "Average",
    }
    return {"TargetValue": 60.0, "CustomizedMetricSpecification": specification}


VARIANT = request()["productionVariants"][0]
OTHER = VARIANT | {"VariantName": "Other"}
NEW_MODEL = VARIANT | {"ModelName": "h2o3-gbm-2019-11-05-09-12-31"}
UNSCALED = {name: None for name in request() if "caling" in name}
CPU = tracking("CPUUtilization")
BEFORE = {
    "scaled": request(),
    "with alarms": request(alarms="create"),
    "unscaled": request(**UNSCALED),
    "scaled by CPU": request(targetTrackingScalingPolicyConfiguration=CPU),
    "with hours": request(schedule={"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}),
}
REQUESTS = {
    "bounds and model": request(autoscalingMaxCapacity=7, productionVariants=[NEW_MODEL]),
    "metric and type": request(
        targetTrackingScalingPolicyConfiguration=CPU, productionVariants=[VARIANT | {"InstanceType": "ml.c5.4xlarge"}]
    ),
    "another variant": request(productionVariants=[VARIANT, OTHER]),
    "another name": request(productionVariants=[OTHER]),
    "no scaling, and type": request(**UNSCALED, productionVariants=[VARIANT | {"InstanceType": "ml.c5.4xlarge"}]),
    "no scaling": request(**UNSCALED),
    "alarms": request(alarms="create", productionVariants=[NEW_MODEL]),
    "hours": request(schedule={"weekdays": "07:00-19:00", "weekends": "09:00-18:00", "timeZone": "Europe/Berlin"}),
}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("after", REQUESTS)
def test_whatever_was_done_is_undone(before: str, after: str) -> None:
    start = World()
    start.deployed(BEFORE[before])
    start.add_foreign_scaling()
    made = start.plan(REQUESTS[after], "after")
    count = sum(step["phase"] != CLEAN_UP for step in made["steps"])

    for done in range(count + 1):
        world = start.copied()
        world.carry_out(made["steps"][:done])
        world.roll_back(made)
        assert world.state == start.state, made["steps"][:done][-1:]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("after", REQUESTS)
def test_a_phase_that_is_executed_again_from_its_start_has_the_same_effect(before: str, after: str) -> None:
    """As by the Retry of its state."""
    start = World()
    start.deployed(BEFORE[before])
    start.add_foreign_scaling()
    made = start.plan(REQUESTS[after], "after")
    once = start.copied()
    once.carry_out(made["steps"])

    again = start.copied()
    for phase in dict.fromkeys(step["phase"] for step in made["steps"]):
        steps = steps_of(made, phase)
        again.carry_out(steps)
        if phase in (PREPARE, SCALE):
            for done in range(1, len(steps) + 1):
                execute(steps[:done], again.clients)
            execute(steps, again.clients)

    assert again.state == once.state


@pytest.mark.parametrize("status", [None, "Failed"], ids=["no endpoint", "a Failed endpoint"])
@pytest.mark.parametrize("after", REQUESTS)
def test_an_interrupted_creation_leaves_nothing(after: str, status: str | None) -> None:
    start = World()
    if status:
        start.sagemaker.add_endpoint("test-endpoint", status)
    made = start.plan(REQUESTS[after], "after")
    count = sum(step["phase"] != CLEAN_UP for step in made["steps"])

    for done in range(count + 1):
        world = start.copied()
        world.carry_out(made["steps"][:done])
        world.roll_back(made)
        is_deleted = "DeleteEndpoint" in [step["operation"] for step in made["steps"][:done]]
        left = start.state | ({"endpoints": {}} if is_deleted else {})
        assert world.state == left, made["steps"][:done][-1:]
