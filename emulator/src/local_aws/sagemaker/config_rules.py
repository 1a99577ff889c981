"""Rules of CreateEndpointConfig beyond the constraints of the API model.

SageMaker developer guide: serverless-endpoints ("Feature exclusions"), serverless-endpoints-create,
model-shadow-deployment, realtime-endpoints-heterogeneous; API reference: ProductionVariant. Where AWS does not publish
its message, the message is this package's own (see the coverage page).
"""

from __future__ import annotations

from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.core.operations import Request
from local_aws.sagemaker import names, pools
from local_aws.sagemaker.instances import has_local_storage
from local_aws.sagemaker.models import Model
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.trust import require_assumable

Variant = dict[str, Any]

MEMORY_STEP_MB = 1024
# Members that need instances or a service that serverless inference excludes
_NOT_SERVERLESS = (
    "InstanceType",
    "InitialInstanceCount",
    "VolumeSizeInGB",
    "CoreDumpConfig",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "VariantInstanceProvisionTimeoutInSeconds",
    "InferenceAmiVersion",
    "EnableSSMAccess",
    "RoutingConfig",
)
_CONFIG_NOT_SERVERLESS = (
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "VpcConfig",
    "EnableNetworkIsolation",
)
_NOT_MODELLED_WITH_COMPONENTS = ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants")
_NOT_MODELLED = ("CapacityReservationConfig", "AcceleratorPartitionLayouts")


def validate(backend: Backend, request: Request) -> None:
    """Check that SageMaker would create an endpoint config from the request.

    Raises
    ------
    ValidationError
        If a model is missing, variants share a name, or members contradict each other.
    NotModelledError
        If a variant or its instance pools have members that are not modelled, or not for inference components.
    """
    production, shadow = request["ProductionVariants"], request.get("ShadowProductionVariants", [])
    _require_distinct_names([*production, *shadow])
    if shadow and (len(production), len(shadow)) != (1, 1):
        raise ValidationError(
            "An endpoint configuration with ShadowProductionVariants must have exactly one production variant and "
            "exactly one shadow variant."
        )
    for variant in (*production, *shadow):
        _validate_variant(variant, request)
        _require_no_volume_of_its_own(variant, request)
    has_models = all("ModelName" in variant for variant in (*production, *shadow))
    if not has_models:
        _require_for_components(backend, request)
    if any("ServerlessConfig" in variant for variant in (*production, *shadow)):
        _require_serverless(backend, request)
    for variant in (*production, *shadow):
        for model_name in pools.models_of(variant):
            names.find(backend, "model", model_name)


def _require_distinct_names(variants: list[Variant]) -> None:
    named = [variant["VariantName"] for variant in variants]
    for name in named:
        if named.count(name) > 1:
            raise ValidationError(f'The variant name "{name}" was non-unique within the request.')


def _validate_variant(variant: Variant, request: Request) -> None:
    name = variant["VariantName"]
    if "AcceleratorType" in variant:
        raise ValidationError(
            f'AcceleratorType of variant "{name}" is no longer supported. Elastic Inference is no longer available.'
        )
    for member in _NOT_MODELLED:
        if member in variant:
            raise NotModelledError(f"{member} of production variants")
    if "ModelName" not in variant and "ExecutionRoleArn" not in request:
        raise ValidationError(
            f'ModelName of variant "{name}" is required, unless the endpoint configuration has an ExecutionRoleArn.'
        )
    if "ManagedInstanceScaling" in variant and "ModelName" in variant:
        raise ValidationError("ManagedInstanceScaling is only supported for inference component endpoints.")
    if "InstancePools" in variant:
        _validate_pools(variant)
    elif "ServerlessConfig" not in variant:
        for member in ("InstanceType", "InitialInstanceCount"):
            if member not in variant:
                raise ValidationError(f'{member} of variant "{name}" is required, unless it has a ServerlessConfig.')


def _validate_pools(variant: Variant) -> None:
    """Check instance pools. The guide replaces InstanceType by them; it says nothing of the cases not modelled."""
    given = variant["InstancePools"]
    for member in ("InstanceType", "ServerlessConfig"):
        if member in variant:
            raise ValidationError(f"{member} cannot be specified together with InstancePools.")
    if "ModelName" not in variant:
        raise NotModelledError("InstancePools of a variant for inference components")
    if "InitialInstanceCount" not in variant:
        raise NotModelledError("InstancePools without InitialInstanceCount")
    for member in ("InstanceType", "Priority"):
        if len({pool[member] for pool in given}) < len(given):
            raise NotModelledError(f"InstancePools of which two have the same {member}")


def _require_for_components(backend: Backend, request: Request) -> None:
    """Check a config some of whose variants have no model. AWS does not publish these messages."""
    variants = request["ProductionVariants"]
    if any("ModelName" in variant for variant in variants):
        raise ValidationError("Either all production variants have a ModelName, or none of them has one.")
    if any("ServerlessConfig" in variant for variant in variants):
        raise ValidationError("Serverless endpoints do not support inference components.")
    for member in _NOT_MODELLED_WITH_COMPONENTS:
        if member in request:
            raise NotModelledError(f"{member} of an endpoint for inference components")
    for variant in variants:
        managed = variant.get("ManagedInstanceScaling", {})
        low, high = managed.get("MinInstanceCount", 1), managed.get("MaxInstanceCount")
        if high is not None and low > high:
            raise ValidationError(f"MinInstanceCount ({low}) must not be greater than MaxInstanceCount ({high}).")
    arn = names.arn(backend, "endpoint-config", request["EndpointConfigName"])
    require_assumable(request["ExecutionRoleArn"], arn)


def _require_no_volume_of_its_own(variant: Variant, request: Request) -> None:
    """Refuse VolumeSizeInGB and KmsKeyId for types with local storage, which have no volume of their own."""
    instance_type = next(filter(has_local_storage, pools.types_of(variant)), None)
    if instance_type is None or not ("KmsKeyId" in request or "VolumeSizeInGB" in variant):
        return
    if "VolumeSizeInGB" in variant:
        raise ValidationError(f"VolumeSize parameter is not allowed for the selected Instance type {instance_type}.")
    raise ValidationError(f"KmsKeyId cannot be specified for {instance_type}, which has local instance storage.")


def _require_serverless(backend: Backend, request: Request) -> None:
    if len(request["ProductionVariants"]) > 1:
        raise ValidationError("Serverless endpoints do not support multiple production variants.")
    for member in _CONFIG_NOT_SERVERLESS:
        if request.get(member):
            raise ValidationError(f"Serverless endpoints do not support {member}.")
    (variant,) = request["ProductionVariants"]
    for member in _NOT_SERVERLESS:
        if variant.get(member):
            raise ValidationError(f"{member} cannot be specified together with ServerlessConfig.")
    _require_sizes(variant["ServerlessConfig"])
    _require_serverless_model(names.find(backend, "model", variant["ModelName"]))


def _require_sizes(serverless: dict[str, int]) -> None:
    if serverless["MemorySizeInMB"] % MEMORY_STEP_MB:
        raise ValidationError(
            f"MemorySizeInMB is {serverless['MemorySizeInMB']}. Valid values are in 1 GB increments: 1024 MB, 2048 MB, "
            "3072 MB, 4096 MB, 5120 MB, or 6144 MB."
        )
    require_provisioned_within_maximum(serverless)


def require_provisioned_within_maximum(serverless: dict[str, int]) -> None:
    """Check that ProvisionedConcurrency, if present, is at most MaxConcurrency."""
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise ValidationError(
            f"ProvisionedConcurrency ({serverless['ProvisionedConcurrency']}) must be less than or equal to "
            f"MaxConcurrency ({serverless['MaxConcurrency']})."
        )


def _require_serverless_model(model: Model) -> None:
    excluded = {
        "VpcConfig": "VpcConfig" in model.request,
        "EnableNetworkIsolation": model.request.get("EnableNetworkIsolation", False),
        "inference pipelines": len(model.containers) > 1,
        "multi-model containers": any(container.get("Mode") == "MultiModel" for container in model.containers),
        "ModelDataSource": any("ModelDataSource" in container for container in model.containers),
        "private Docker registries": any("ImageConfig" in container for container in model.containers),
    }
    for what, present in excluded.items():
        if present:
            raise ValidationError(f'Serverless endpoints do not support {what}, which model "{model.arn}" has.')
