"""Inference components that another user or tool creates, and the existing ones of an endpoint."""

from typing import Any

from local_aws import until
from shared import components
from tests.support.deployment import Slipway
from tools import stack

Json = dict[str, Any]
GIB = 1024
VARIANT = "AllTraffic"
# Tags with which Slipway may delete what it did not create.
ADOPTED = {"slipway:execution": "adopted"}


def variant(**changes: Any) -> Json:
    """A variant for components: one to four ml.m5.xlarge, each with 16 GiB."""
    managed = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4}
    hosts = {"VariantName": VARIANT, "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}
    return {**hosts, "ManagedInstanceScaling": managed, **changes}


def specification(model_name: str, memory: int = 2 * GIB) -> Json:
    return {"ModelName": model_name, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": memory}}


def adapter_of(base: str) -> Json:
    """The specification of an adapter."""
    return {"BaseInferenceComponentName": base, "Container": {"ArtifactUrl": "s3://adapters/one.tar.gz"}}


def component(name: str, model_name: str = "llm", **changes: Any) -> Json:
    """A component of a request, with one copy; without the members that are None."""
    usual = {"variantName": VARIANT, "copyCount": 1, "Specification": specification(model_name)}
    return {"name": name, **{member: value for member, value in {**usual, **changes}.items() if value is not None}}


def adapter(name: str, base: str) -> Json:
    """An adapter of a request."""
    return component(name, copyCount=None, Specification=adapter_of(base))


def hosting_request(slipway: Slipway, endpoint_name: str, *components: Json, **changes: Any) -> Json:
    """A request for an endpoint with the components."""
    hosts = {"productionVariants": [variant()], "inferenceComponents": list(components)}
    role = slipway.outputs["ModelExecutionRoleArn"]
    return {"endpointName": endpoint_name, "executionRoleArn": role, **hosts, **changes}


def set_outcome(slipway: Slipway, name: str, operation: str, outcome: str, **details: Any) -> None:
    """Set the outcome of SageMaker's next operation on the component."""
    body = {"inferenceComponentName": name, "operation": operation, "outcome": outcome, **details}
    slipway.aws.post("sagemaker/outcomes", [body])


class ExternalComponents:
    """An endpoint for components, or components on one, by another user or tool."""

    def __init__(self, slipway: Slipway, endpoint_name: str) -> None:
        self.slipway, self.endpoint_name = slipway, endpoint_name
        self.sagemaker = slipway.aws.client("sagemaker")

    def create_endpoint(self, tags: Json | None = None) -> None:
        """Create the endpoint with a config of the same name, and wait until it is in service."""
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=self.endpoint_name,
            ProductionVariants=[variant()],
            ExecutionRoleArn=stack.model_role_arn(self.slipway.aws),
        )
        named = {"EndpointName": self.endpoint_name, "EndpointConfigName": self.endpoint_name}
        self.sagemaker.create_endpoint(**named, Tags=_tags(tags))
        until(lambda: (self.slipway.endpoint(self.endpoint_name) or {}).get("EndpointStatus") == "InService")

    def create(self, name: str, content: Json, *, copies: int = 1, tags: Json | None = None) -> None:
        """Create a component, and wait until it is in service."""
        self.start(name, content, copies=copies, tags=tags)
        self.wait(name)

    def start(self, name: str, content: Json, *, copies: int = 1, tags: Json | None = None) -> None:
        """Start the creation of a component."""
        request: Json = {"InferenceComponentName": name, "EndpointName": self.endpoint_name, "Specification": content}
        if "BaseInferenceComponentName" not in content:
            request |= {"VariantName": VARIANT, "RuntimeConfig": {"CopyCount": copies}}
        self.sagemaker.create_inference_component(**request, Tags=_tags(tags))

    def delete_endpoint(self) -> None:
        """Delete the endpoint without its components, and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=self.endpoint_name)
        until(lambda: self.slipway.endpoint(self.endpoint_name) is None)

    def update(self, name: str, **changes: Any) -> None:
        """Start an update of a component."""
        self.sagemaker.update_inference_component(InferenceComponentName=name, **changes)

    def set_copies(self, name: str, count: int) -> None:
        """Start a change of the number of copies."""
        self.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": count}
        )

    def wait(self, name: str, status: str = components.IN_SERVICE) -> None:
        """Wait for the status of a component."""
        until(lambda: self.status(name) == status)

    def status(self, name: str) -> str | None:
        """Status of a component; None if it does not exist."""
        found = components.describe(self.sagemaker, name)
        return found and str(found["InferenceComponentStatus"])


def _tags(tags: Json | None) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def described(slipway: Slipway, endpoint_name: str) -> dict[str, Json]:
    """DescribeInferenceComponent's answers for the components of an endpoint, by name."""
    found = components.of_endpoint(slipway.aws.client("sagemaker"), endpoint_name)
    return {each["InferenceComponentName"]: each for each in found}
