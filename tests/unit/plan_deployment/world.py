"""An account, and the plan of a request in it."""

import copy
from typing import Any

from plan_deployment.environment import OffHours, Services, Settings
from plan_deployment.planner import plan
from tests.support import project, steps
from tests.unit.conftest import EXECUTION
from tests.unit.fakes import (
    POLICY_ARN,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeIam,
    FakeLocks,
    FakeS3,
    FakeSageMaker,
    FakeScheduler,
    FakeSsm,
)

OFF_HOURS = OffHours(
    "slipway-off-hours",
    "arn:aws:iam::123456789012:role/slipway-off-hours",
    "arn:aws:sqs:eu-west-1:123456789012:slipway-dead-letters",
    "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-deploy",
    "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-remove",
)
SETTINGS = Settings(
    "locks",
    "deployments",
    "/slipway/profiles",
    ("arn:aws:iam::123456789012:role/models",),
    ("artifacts",),
    "slipway",
    5,
    ("123456789012",),
    OFF_HOURS,
)
MODEL = "h2o3-gbm-2019-10-22-17-57-58"


class World:
    """An account with the models of the events."""

    def __init__(self) -> None:
        self.sagemaker = FakeSageMaker()
        self.sagemaker.models = {MODEL, "h2o3-gbm-2019-11-05-09-12-31"}
        self.autoscaling = FakeAutoScaling()
        self.dynamodb = FakeLocks()
        self.cloudwatch = FakeCloudWatch()
        self.scheduler = FakeScheduler()

    @property
    def services(self) -> Services:
        return Services(
            self.sagemaker,
            self.autoscaling,
            self.dynamodb,
            FakeSsm,
            lambda: self.cloudwatch,
            FakeExecutions,
            FakeS3,
            FakeIam,
            lambda: self.scheduler,
        )

    def plan(self, request: Any, now: str = EXECUTION["startedAt"]) -> Any:
        return plan(request, EXECUTION, now, self.services, SETTINGS)

    def deployed(self, request: Any) -> Any:
        """Carry out the plan: the endpoint is in service and its scaling is registered."""
        made = self.plan(request)
        name = made["endpointConfigName"]
        if "CreateEndpointConfig" in steps.operations(made):
            self.sagemaker.configs[name] = steps.config(made)
        variants = [
            {"VariantName": variant["VariantName"], "CurrentWeight": variant.get("InitialVariantWeight", 1.0)}
            | ({"CurrentServerlessConfig": {}} if "ServerlessConfig" in variant else {"CurrentInstanceCount": 1})
            for variant in self.sagemaker.configs[name]["ProductionVariants"]
        ]
        self.sagemaker.add_endpoint(made["endpointName"], config=name, ProductionVariants=variants)
        for target in steps.bodies(made, "RegisterScalableTarget"):
            self.autoscaling.register_scalable_target(**target)
        for policy in steps.bodies(made, "PutScalingPolicy"):
            self.autoscaling.put_scaling_policy(**policy)
        for alarm in (step for step in made["steps"] if "policy" in step):
            actions = [f"{POLICY_ARN}:{alarm['policy']['PolicyName']}"]
            self.cloudwatch.put_metric_alarm(**alarm["request"], AlarmActions=actions)
        return made


def original(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(project.event("deploy_endpoint")) | changes


def with_variant(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return request | {"productionVariants": [request["productionVariants"][0] | changes]}
