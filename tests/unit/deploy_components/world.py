"""A plan of components, and SageMaker as it is deployed visit by visit."""

from typing import Any, Literal

from deploy_components.logic import Progress, deploy
from shared.components import base_of
from shared.moments import after, moment
from shared.plan import PlannedComponent, Step
from tests.support.plans import EXECUTION_ARN, deployment_plan
from tests.unit.fake_components import FakeComponents

STARTED_AT = "2026-11-21T05:30:00.000Z"
DEADLINE = "2026-11-21T06:30:00.000Z"
LOGS = "The container logs are in /aws/sagemaker/InferenceComponents/llm."
Action = Literal["create", "update", "copies", "keep", "delete"]
ACTIONS: dict[str, Action] = {
    "CreateInferenceComponent": "create",
    "UpdateInferenceComponent": "update",
    "UpdateInferenceComponentRuntimeConfig": "copies",
    "DeleteInferenceComponent": "delete",
}


def planned(
    step: Step | None = None, name: str = "llm", copies: int | None = 1, base: str | None = None, content: str = ""
) -> PlannedComponent:
    """The component of a step; a component that is kept without a step."""
    request = step["request"] if step else {"InferenceComponentName": name}
    copies = request.get("RuntimeConfig", request.get("DesiredRuntimeConfig", {})).get("CopyCount", copies)
    found: PlannedComponent = {
        "name": request["InferenceComponentName"],
        "variantName": "AllTraffic",
        "base": base or base_of(request),
        "copyCount": None if base or base_of(request) else copies,
        "action": ACTIONS[step["operation"]] if step else "keep",
    }
    return found | {"content": content} if content else found


class World:
    """Visits one after the other, each so many seconds after the one before."""

    def __init__(self, *components: Step | PlannedComponent, **changes: Any) -> None:
        steps = [each for each in components if "operation" in each]
        entries = [planned(each) if "operation" in each else each for each in components]  # type: ignore[arg-type]
        members: dict[str, Any] = {"turnSince": STARTED_AT, "deadlineAt": DEADLINE, "components": entries} | changes
        self.plan = deployment_plan("none", steps, **members)  # type: ignore[arg-type]
        self.sagemaker = FakeComponents()
        self.sagemaker.add_endpoint("test-endpoint")
        self.now = STARTED_AT
        self.progress: Progress | None = None

    def visit(self, seconds: float = 120, *, lost: bool = False) -> Progress:
        """Visit so many seconds after the last visit; the answer does not arrive if it is lost."""
        self.now = after(self.now, seconds)
        self.sagemaker.now = moment(self.now)
        progress = deploy(self.plan, self.progress, self.now, self.sagemaker)
        if not lost:
            self.progress = progress
        return progress

    def finish(self, *names: str) -> None:
        """End the changes of the components successfully."""
        for name in names:
            self.sagemaker.finish(name)

    def own(self, name: str = "llm") -> None:
        """Mark the component as created by the execution of the plan."""
        found = self.sagemaker.components[name.lower()]
        self.sagemaker.tags[found["InferenceComponentArn"]] = EXECUTION_ARN

    @property
    def called(self) -> list[str]:
        """Mutating calls of all visits, such as ``Create llm``."""
        return [
            f"{operation.removesuffix('InferenceComponent')} {request['InferenceComponentName']}"
            for operation, request in self.sagemaker.calls
            if not operation.startswith(("Describe", "List"))
        ]
