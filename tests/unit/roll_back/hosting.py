"""A failed deployment of inference components: its plan, and the account after it."""

import copy
import json
import shlex
from collections.abc import Iterable
from typing import Any

from roll_back.logic import RolledBack, roll_back
from shared.execute import send
from shared.moments import after, moment
from shared.plan import DeploymentPlan, PlannedComponent, Step
from tests.support.plans import (
    CONFIG,
    ENDPOINT,
    EXECUTION_ARN,
    copy_of,
    create_component,
    delete_component,
    deployment_plan,
    set_copies,
    update_component,
)
from tests.unit.fake_components import FakeComponents, adapter_of
from tests.unit.fakes import ARN, FakeAutoScaling, FakeCloudWatch

BEGAN = "2026-11-21T05:00:00.000Z"
LATER = after(BEGAN, 60)
NOW = moment(LATER)
STEPS = [
    create_component("new"),
    update_component("llm"),
    set_copies("small", 2, 1),
    create_component("new-fr", base="new"),
    delete_component("old"),
]


def plan(*steps: Step, action: str = "none", **changes: Any) -> DeploymentPlan:
    """Plan whose only steps are those of components, unless others are given."""
    entries: list[PlannedComponent] = [
        {"name": "kept", "variantName": "AllTraffic", "base": None, "copyCount": 1, "action": "keep"}
    ]
    members = {"components": entries, "endpointConfigName": CONFIG, "startedAt": "2026-11-21T04:30:00.000Z"}
    return deployment_plan(action, steps, **(members | changes))


class World:
    """An endpoint in service on the plan's config, with the components before the deployment."""

    def __init__(self) -> None:
        self.sagemaker, self.autoscaling, self.cloudwatch = FakeComponents(), FakeAutoScaling(), FakeCloudWatch()
        self.sagemaker.add_endpoint(ENDPOINT, config=CONFIG)
        self.sagemaker.now = NOW
        self.sagemaker.configs[CONFIG] = {"ProductionVariants": [{"VariantName": "AllTraffic"}]}
        for name, model in {"llm": "old", "small": "m", "old": "old", "kept": "m"}.items():
            self.sagemaker.add_component(name, specification=copy_of(model))

    def deploy(self, steps: Iterable[Step], *, is_finished: bool = True) -> None:
        """Make the calls of the steps, each to its end, or all but the last one."""
        for step in steps:
            self.finish()
            send(step, self.sagemaker)
        if is_finished:
            self.finish()

    def create(self, *names: str, base: str | None = None, status: str = "InService") -> None:
        """Create components as the execution of the plan does."""
        for name in names:
            self.sagemaker.add_component(name, status, specification=adapter_of(base) if base else copy_of("m"))
            self.sagemaker.tags[f"{ARN}:inference-component/{name}"] = EXECUTION_ARN

    def set(self, name: str, status: str, **members: Any) -> None:
        self.sagemaker.components[name] |= {"InferenceComponentStatus": status} | members

    def finish(self) -> None:
        """End all changes of components successfully."""
        for name, each in list(self.sagemaker.components.items()):
            if each["InferenceComponentStatus"] not in ("InService", "Failed"):
                self.sagemaker.finish(name)

    def attempt(self, the_plan: DeploymentPlan, previous: RolledBack | None = None, now: str = LATER) -> RolledBack:
        return roll_back(the_plan, BEGAN, now, previous, self.clients)

    def roll_back(self, the_plan: DeploymentPlan) -> RolledBack:
        """Attempt until it is done; changes end between the attempts."""
        progress = self.attempt(the_plan)
        for number in range(1, 40):
            if progress["done"]:
                return progress
            self.finish()
            progress = self.attempt(the_plan, progress, after(LATER, 30 * number))
        raise AssertionError("the rollback does not end")

    def carry_out(self, commands: Iterable[str]) -> None:
        """Run the commands of a message in their order, as a person does."""
        for command in commands:
            if command.startswith("while "):
                self.finish()
                continue
            _, service, operation, *options = shlex.split(command)
            given = dict(zip(options[::2], options[1::2], strict=True))
            body = given.pop("--cli-input-json", None)
            named = {"".join(map(str.title, name.strip("-").split("-"))): value for name, value in given.items()}
            getattr(self.clients[service], operation.replace("-", "_"))(**(json.loads(body) if body else named))

    @property
    def clients(self) -> Any:
        return {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
        }

    @property
    def state(self) -> dict[str, Any]:
        """Status, specification, copies and variant of each component."""
        members = ("InferenceComponentStatus", "Specification", "RuntimeConfig", "VariantName")
        found = self.sagemaker.components.items()
        return copy.deepcopy({name: {member: each.get(member) for member in members} for name, each in found})

    @property
    def called(self) -> list[str]:
        """Mutating calls on components, such as ``Delete llm``."""
        return [
            f"{operation.removesuffix('InferenceComponent')} {request['InferenceComponentName']}"
            for operation, request in self.sagemaker.calls
            if "InferenceComponent" in operation and not operation.startswith(("Describe", "List"))
        ]
