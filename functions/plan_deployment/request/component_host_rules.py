"""Rules on variants and fields beside inference components. See `variant_rules` for what a rule is."""

from collections.abc import Iterator

from plan_deployment.request.fields import SHADOW, production_variants, runs_serverless
from shared.aws import Json
from shared.planning.faults import Fault

MANAGED = "ManagedInstanceScaling"
# Fields that are for models that the variants host themselves, and why.
NOT_BESIDE_COMPONENTS = {
    # InvokeEndpointAsync has no InferenceComponentName (sagemaker-runtime service model).
    "asyncInferenceConfig": "an asynchronous request cannot name an inference component",
    SHADOW: "a shadow variant copies the requests to a variant, and these are for its inference components",
}


def variants_name_no_model(request: Json) -> Iterator[Fault]:
    problem = "an endpoint hosts either models of its variants or inference components"
    for pointer, variant in production_variants(request):
        if "ModelName" in variant:
            yield Fault(f"{pointer}/ModelName", problem, "Remove it, or remove inferenceComponents")
        for index, pool in enumerate(variant.get("InstancePools") or []):
            if "ModelNameOverride" in (pool or {}):
                at = f"{pointer}/InstancePools/{index}/ModelNameOverride"
                yield Fault(at, problem, "Remove it; Specifications say what runs on which instance type")
        if runs_serverless(variant):
            problem_of_serverless = "inference components need instances"
            yield Fault(f"{pointer}/ServerlessConfig", problem_of_serverless, "Give InstanceType in place of it")


def managed_instances_have_bounds(request: Json) -> Iterator[Fault]:
    for pointer, variant in production_variants(request):
        managed = variant.get(MANAGED) or {}
        least, most = managed.get("MinInstanceCount"), managed.get("MaxInstanceCount")
        if least is not None and most is not None and least > most:
            problem = f"{least} is more than MaxInstanceCount, {most}"
            yield Fault(f"{pointer}/{MANAGED}/MinInstanceCount", problem, "Lower it or raise MaxInstanceCount")


def other_fields_suit(request: Json) -> Iterator[Fault]:
    for field, problem in NOT_BESIDE_COMPONENTS.items():
        if field in request:
            yield Fault(f"/{field}", problem, "Remove it")
    if request.get("alarms") == "create":
        problem = "the metrics of a variant have no data on an endpoint of inference components"
        remedy = "Remove it, and give each component a DeploymentConfig with alarms of your own"
        yield Fault("/alarms", problem, remedy)


RULES = (
    variants_name_no_model,
    managed_instances_have_bounds,
    other_fields_suit,
)
