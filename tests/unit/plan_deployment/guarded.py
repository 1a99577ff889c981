"""An account whose endpoint is updated under guardrails."""

import re
from typing import Any

import pytest

from plan_deployment.environment import Services, Settings
from plan_deployment.planner import plan
from shared.errors import InvalidRequest
from shared.moments import seconds_between
from tests.support import steps
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import (
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
from tests.unit.plan_deployment.world import OFF_HOURS

STARTED = "2026-11-21T05:12:59.152Z"
VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
CANARY = {"strategy": "canary"}
LINEAR = {"strategy": "linear", "percent": 20}
SETTINGS = Settings("locks", "deployments", "/slipway/profiles", (), ("artifacts",), "slipway", 5, (), OFF_HOURS)


class World:
    """An account with an endpoint of four live instances, and two alarms at rest."""

    def __init__(self, live: dict[str, int] | None = None) -> None:
        self.sagemaker = FakeSageMaker()
        self.sagemaker.models = {"m"}
        self.cloudwatch = FakeCloudWatch(errors="OK", latency="INSUFFICIENT_DATA")
        self.serve({"AllTraffic": 4} if live is None else live)

    def serve(self, live: dict[str, int], **members: Any) -> None:
        variants = [{"VariantName": name, "DesiredInstanceCount": count} for name, count in live.items()]
        self.sagemaker.add_endpoint("e", **({"ProductionVariants": variants} | members))

    def plan(self, execution_arn: str = EXECUTION_ARN, started_at: str = STARTED, **fields: Any) -> Any:
        services = Services(
            self.sagemaker,
            FakeAutoScaling(),
            FakeLocks(),
            FakeSsm,
            lambda: self.cloudwatch,
            FakeExecutions,
            FakeS3,
            FakeIam,
            FakeScheduler,
        )
        request = {"endpointName": "e", "productionVariants": [VARIANT]} | fields
        execution = {"arn": execution_arn, "name": "one", "startedAt": started_at}
        return plan(request, execution, started_at, services, SETTINGS)

    def faults(self, **fields: Any) -> dict[str, str]:
        with pytest.raises(InvalidRequest) as raised:
            self.plan(**fields)
        lines = str(raised.value).splitlines()[1:]
        return dict(re.fullmatch(r"- (\S+): (.*)", line).groups() for line in lines)  # type: ignore[union-attr]


def maximum_seconds(made: Any) -> int:
    """SageMaker's time limit for the update."""
    config = steps.change(made)["DeploymentConfig"]
    (policy,) = (policy for name, policy in config.items() if name.endswith("UpdatePolicy"))
    return int(policy["MaximumExecutionTimeoutInSeconds"])


def deadline_seconds(made: dict[str, Any]) -> float:
    return seconds_between(STARTED, made["deadlineAt"])
