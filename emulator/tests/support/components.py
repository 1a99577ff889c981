"""Inference components for tests, and endpoints that host them."""

from __future__ import annotations

import itertools
from typing import Any

from local_aws import until
from support.hosting import ROLE_ARN, Hosting

Json = dict[str, Any]

GIB = 1024
_numbers = itertools.count()


class Components:
    """Common steps of tests of inference components."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting = hosting
        self.sagemaker = hosting.sagemaker

    def variant(self, minimum: int = 1, maximum: int = 4, **changes: Any) -> Json:
        """A variant for components: one ml.m5.xlarge (4 vCPUs, 16 GiB) at first, with managed scaling."""
        managed = {"Status": "ENABLED", "MinInstanceCount": minimum, "MaxInstanceCount": maximum}
        variant: Json = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}
        return {**variant, "ManagedInstanceScaling": managed, **changes}

    def endpoint(self, *variants: Json) -> str:
        """Create an endpoint for components, and wait until it is in service."""
        name = f"components-{next(_numbers)}"
        self.hosting.config(f"{name}-1", *(variants or [self.variant()]), ExecutionRoleArn=ROLE_ARN)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
        self.hosting.wait(name)
        return name

    def specification(self, memory: int = 6 * GIB, **changes: Any) -> Json:
        """A specification; two copies of the usual one fit on an ml.m5.xlarge."""
        container = {"Image": f"{ROLE_ARN.split(':')[4]}.dkr.ecr.us-east-1.amazonaws.com/llm:1"}
        required = {"MinMemoryRequiredInMb": memory, "NumberOfCpuCoresRequired": 1}
        return {"Container": container, "ComputeResourceRequirements": required, **changes}

    def request(self, endpoint: str, name: str, copies: int = 1, **changes: Any) -> Json:
        request: Json = {
            "InferenceComponentName": name,
            "EndpointName": endpoint,
            "VariantName": "AllTraffic",
            "Specification": self.specification(),
            "RuntimeConfig": {"CopyCount": copies},
        }
        return {member: value for member, value in {**request, **changes}.items() if value is not None}

    def component(self, endpoint: str, name: str, copies: int = 1, **changes: Any) -> str:
        """Create a component, and wait until it is in service."""
        self.sagemaker.create_inference_component(**self.request(endpoint, name, copies, **changes))
        self.wait(name)
        return name

    def adapter(self, endpoint: str, name: str, base: str) -> Json:
        """The request for an adapter."""
        artifact = {"ArtifactUrl": "s3://adapters/a.tar.gz"}
        specification = {"BaseInferenceComponentName": base, "Container": artifact}
        return self.request(endpoint, name, Specification=specification, RuntimeConfig=None, VariantName=None)

    def describe(self, name: str) -> Json:
        described: Json = self.sagemaker.describe_inference_component(InferenceComponentName=name)
        return described

    def wait(self, name: str, status: str = "InService") -> Json:
        """Wait for the status; return DescribeInferenceComponent's answer."""
        until(lambda: self.describe(name)["InferenceComponentStatus"] == status)
        return self.describe(name)

    def scale(self, name: str, copies: int) -> Json:
        """Set the copies, and wait for them."""
        self.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": copies}
        )
        return self.wait(name)

    def copies(self, name: str) -> tuple[int, int]:
        """Current and desired copies."""
        runtime = self.describe(name)["RuntimeConfig"]
        return runtime["CurrentCopyCount"], runtime["DesiredCopyCount"]

    def instances(self, endpoint: str) -> int:
        return int(self.hosting.describe(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"])

    def script(self, name: str, operation: str, outcome: str, **details: Any) -> None:
        self.hosting.aws.post(
            "sagemaker/outcomes",
            [{"inferenceComponentName": name, "operation": operation, "outcome": outcome, **details}],
        )
