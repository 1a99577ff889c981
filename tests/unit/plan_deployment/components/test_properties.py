"""Any valid requests for inference components, one after the other."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fakes import SESSION, require_valid
from tests.unit.plan_deployment.components.world import ADAPTER, VARIANT, ComponentWorld, component_steps, request

Json = dict[str, Any]
VARIANTS = [VARIANT, VARIANT | {"VariantName": "Large", "InstanceType": "ml.g5.4xlarge"}]
VARIANT_OF = {"llm": VARIANTS[0], "b": VARIANTS[0], "c": VARIANTS[1]}
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/llm:"
MODELS = st.sampled_from(["llm-model", "other-model"]).map(lambda name: {"ModelName": name})
CONTAINERS = st.fixed_dictionaries(
    {"Image": st.sampled_from([f"{IMAGE}1", f"{IMAGE}2"])},
    optional={"Environment": st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["1", "2"]))},
).map(lambda container: {"Container": container})
NEEDS = st.fixed_dictionaries(
    {"MinMemoryRequiredInMb": st.integers(128, 4096)},
    optional={"NumberOfCpuCoresRequired": st.floats(0.25, 4), "MaxMemoryRequiredInMb": st.integers(4096, 8192)},
)
FILLED_IN = {
    "StartupParameters": st.fixed_dictionaries({"ModelDataDownloadTimeoutInSeconds": st.integers(60, 3600)}),
    "SchedulingConfig": st.sampled_from(["SPREAD", "BINPACK"]).map(lambda name: {"PlacementStrategy": name}),
    "DataCacheConfig": st.booleans().map(lambda cached: {"EnableCaching": cached}),
}
TRACKED = {
    "name": "own",
    "targetTracking": {
        "TargetValue": 5,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"},
    },
}
SCALING = st.sampled_from(
    [
        {"preset": "to-zero", "maxCapacity": 6},
        {"preset": "steady", "maxCapacity": 6, "expectedPeakRps": 2},
        {"preset": "bursty", "minCapacity": 1, "maxCapacity": 8},
        {"minCapacity": 1, "maxCapacity": 6, "policies": [TRACKED]},
        {"maxCapacity": 6},
    ]
)
ROLLING = st.integers(5, 50).map(
    lambda percent: {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": percent},
            "WaitIntervalInSeconds": 60,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
)


@st.composite
def specifications(draw: st.DrawFn) -> Json:
    runs = draw(st.one_of(MODELS, CONTAINERS))
    return {**runs, "ComputeResourceRequirements": draw(NEEDS), **draw(st.fixed_dictionaries({}, optional=FILLED_IN))}


@st.composite
def bases(draw: st.DrawFn, name: str) -> Json:
    variant, specification = VARIANT_OF[name], draw(specifications())
    content: Json = {"Specification": specification}
    if draw(st.booleans()):
        content = {"Specifications": [specification | {"InstanceType": variant["InstanceType"]}]}
    optional = {"copyCount": st.integers(1, 6), "DeploymentConfig": ROLLING}
    members = draw(st.fixed_dictionaries({}, optional=optional))
    return {"name": name, "variantName": variant["VariantName"], **content, **members}


@st.composite
def hosted(draw: st.DrawFn) -> Json:
    """A request with one to three components, at most one of them scaled, and perhaps an adapter."""
    names = draw(st.lists(st.sampled_from(sorted(VARIANT_OF)), min_size=1, max_size=3, unique=True))
    components = [draw(bases(name)) for name in names]
    if draw(st.booleans()):
        components[0]["autoscaling"] = draw(SCALING)
    if "llm" in names and draw(st.booleans()):
        components.insert(draw(st.integers(0, len(components))), ADAPTER)
    return request(*components, productionVariants=VARIANTS)


@settings(max_examples=80)
@given(hosted(), hosted())
def test_every_call_is_valid_for_sagemaker_and_a_second_plan_is_empty(first: Json, second: Json) -> None:
    world = ComponentWorld()

    for asked in (first, second):
        made = world.deployed(asked)

        for call in [*made["steps"], *(undo for step in made["steps"] for undo in step["undo"])]:
            require_valid(SESSION.get_service_model(call["service"]), call["operation"], call["request"])
        json.dumps(made)
        again = world.plan(asked)
        assert (again["action"], again["steps"]) == ("none", [])
        assert {each["action"] for each in again["components"]} == {"keep"}


@settings(max_examples=40)
@given(hosted(), hosted())
def test_every_component_of_both_requests_is_planned_once(first: Json, second: Json) -> None:
    world = ComponentWorld()
    world.deployed(first)

    made = world.plan(second)

    named = {each["name"] for asked in (first, second) for each in asked["inferenceComponents"]}
    assert sorted(each["name"] for each in made["components"]) == sorted(named)
    changed = [each["name"] for each in made["components"] if each["action"] != "keep"]
    assert sorted(name for _, name in component_steps(made)) == sorted(changed)
