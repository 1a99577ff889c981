"""An account with an endpoint of inference components, and the plan of a request in it."""

import copy
from dataclasses import replace
from typing import Any

from botocore import xform_name

from plan_deployment.environment import Services
from tests.unit.fake_components import FakeComponents
from tests.unit.fakes import POLICY_ARN, FakeCloudWatch, FakeS3
from tests.unit.plan_deployment.world import World

Json = dict[str, Any]
NEEDS = {"MinMemoryRequiredInMb": 1024, "NumberOfCpuCoresRequired": 1}
VARIANT = {"VariantName": "AllTraffic", "InstanceType": "ml.g5.2xlarge", "InitialInstanceCount": 1}
LLM: Json = {"name": "llm", "Specification": {"ModelName": "llm-model", "ComputeResourceRequirements": NEEDS}}
ADAPTER: Json = {
    "name": "fr",
    "Specification": {
        "BaseInferenceComponentName": "llm",
        "Container": {"ArtifactUrl": "s3://adapters/fr.tar.gz"},
    },
}
ROLE = "arn:aws:iam::123456789012:role/models"


def request(*components: Json, **members: Any) -> Json:
    """A request for an endpoint with these components, or with one."""
    return copy.deepcopy(
        {
            "endpointName": "llms",
            "productionVariants": [VARIANT],
            "inferenceComponents": list(components or [LLM]),
            **members,
        }
    )


def llm(**members: Any) -> Json:
    """The usual component with other members."""
    return LLM | members


def specified(**members: Any) -> Json:
    """The usual component with other members of its specification."""
    return LLM | {"Specification": LLM["Specification"] | members}


class HostedComponents(FakeComponents):
    """SageMaker that describes a component on its variant, with each of its specifications."""

    def on_create_inference_component(self, parameters: Json) -> Json:
        answer = super().on_create_inference_component({"Specification": {}} | parameters)
        self._describe(parameters, ("VariantName", "Specification", "Specifications"))
        return answer

    def on_update_inference_component(self, parameters: Json) -> Json:
        answer = super().on_update_inference_component(parameters)
        self._describe(parameters, ("Specification", "Specifications"))
        return answer

    def _describe(self, parameters: Json, members: tuple[str, ...]) -> None:
        found = self.components[parameters["InferenceComponentName"].lower()]
        for member in members[-2:]:
            found.pop(member, None)
        found |= {name: parameters[name] for name in members if name in parameters}


class ComponentWorld(World):
    """An account in which the plan of a request can be carried out."""

    sagemaker: FakeComponents

    def __init__(self) -> None:
        super().__init__()
        self.sagemaker = HostedComponents()
        self.sagemaker.models = {"llm-model", "other-model"}
        self.cloudwatch = FakeCloudWatch(errors="OK")
        self.s3 = FakeS3()

    @property
    def services(self) -> Services:
        return replace(super().services, cloudwatch=lambda: self.cloudwatch, s3=lambda: self.s3)

    def deployed(self, request: Any) -> Any:
        """Carry out the plan: the endpoint and its components are in service, and scaled with their alarms."""
        made = super().deployed(request)
        for step in made["steps"]:
            body = step["request"]
            if step["phase"] == "components":
                getattr(self.sagemaker, xform_name(step["operation"]))(**body)
                self.sagemaker.finish(body["InferenceComponentName"])
            elif step["operation"] == "PutMetricAlarm":
                arn = f"{POLICY_ARN}:{step['policy']['PolicyName']}"
                self.cloudwatch.put_metric_alarm(**body, AlarmActions=[arn])
            elif step["operation"] == "DeleteAlarms":
                self.cloudwatch.delete_alarms(**body)
            elif step["operation"] in ("DeregisterScalableTarget", "DeleteScalingPolicy"):
                getattr(self.autoscaling, xform_name(step["operation"]))(**body)
        return made

    def components(self, request: Any) -> dict[str, str]:
        """The action of each planned component, by its name."""
        return {each["name"]: each["action"] for each in self.plan(request)["components"]}


def component_steps(plan: Any) -> list[tuple[str, str]]:
    """Operation and component of each step of the phase "components"."""
    return [
        (step["operation"], step["request"]["InferenceComponentName"])
        for step in plan["steps"]
        if step["phase"] == "components"
    ]
