from typing import Any

import pytest

from tests.unit.plan_deployment.components.world import ADAPTER, LLM, NEEDS, VARIANT, llm, request, specified
from tests.unit.plan_deployment.request.reading import ALARM, faults, read

Json = dict[str, Any]
AT = "/inferenceComponents/0"
SPECIFICATION, COMPUTE = f"{AT}/Specification", f"{AT}/Specification/ComputeResourceRequirements"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/llm:1"
BATCH = f"{AT}/DeploymentConfig/RollingUpdatePolicy/MaximumBatchSize/Value"
LARGE = VARIANT | {"VariantName": "Large", "InstanceType": "ml.g5.4xlarge"}
TEST = {"name": "golden", "body": {}}


def typed(*types: str | None) -> Json:
    """The usual component with a specification for each type."""
    own = LLM["Specification"]
    return {"name": "llm", "Specifications": [own | ({"InstanceType": each} if each else {}) for each in types]}


def adapter(**members: Any) -> Json:
    return ADAPTER | {"Specification": ADAPTER["Specification"] | members}


def rolling(kind: str, value: int) -> Json:
    size = {"Type": kind, "Value": value}
    return {"DeploymentConfig": {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}}}


def managed(least: int, most: int) -> Json:
    return {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": least, "MaxInstanceCount": most}}


REFUSED: dict[str, tuple[Json, dict[str, str]]] = {
    "no copy": (request(llm(copyCount=0)), {f"{AT}/copyCount": "expected at least 1, got 0"}),
    "no name": (
        request({name: value for name, value in LLM.items() if name != "name"}),
        {f"{AT}/name": "is missing. Give it: Name of the component"},
    ),
    "two components of one name in another case": (
        request(LLM, llm(name="LLM")),
        {"/inferenceComponents/1/name": f'"LLM" is already the name of {AT}; SageMaker ignores case'},
    ),
    "no specification": (request({"name": "llm"}), {SPECIFICATION: "is missing. Give it, with the model"}),
    "two kinds of specifications": (
        request(LLM | typed("ml.g5.2xlarge")),
        {AT: "has Specification and Specifications. Keep one of them."},
    ),
    "no model": (
        request({"name": "llm", "Specification": {"ComputeResourceRequirements": NEEDS}}),
        {SPECIFICATION: "does not say what a copy runs. Give ModelName, Container or BaseInferenceComponentName"},
    ),
    "a model and a container": (
        request(specified(Container={"Image": IMAGE})),
        {SPECIFICATION: "has ModelName and Container. Keep one of them."},
    ),
    "a container without an image": (
        request({"name": "llm", "Specification": {"Container": {}, "ComputeResourceRequirements": NEEDS}}),
        {f"{SPECIFICATION}/Container/Image": "is missing; only an adapter has none"},
    ),
    "no resources": (
        request({"name": "llm", "Specification": {"ModelName": "m"}}),
        {COMPUTE: "is missing. Give it, with MinMemoryRequiredInMb."},
    ),
    "less memory at most than at least": (
        request(specified(ComputeResourceRequirements=NEEDS | {"MaxMemoryRequiredInMb": 512})),
        {f"{COMPUTE}/MinMemoryRequiredInMb": "1024 is more than MaxMemoryRequiredInMb, 512"},
    ),
    "a part of two accelerators": (
        request(specified(ComputeResourceRequirements=NEEDS | {"AcceleratorPartitionType": "mig-3g.40gb"})),
        {f"{COMPUTE}/NumberOfAcceleratorDevicesRequired": "must be 1 with AcceleratorPartitionType"},
    ),
    "more than the instance type has": (
        request(
            specified(
                ComputeResourceRequirements={
                    "MinMemoryRequiredInMb": 40000,
                    "NumberOfCpuCoresRequired": 9,
                    "NumberOfAcceleratorDevicesRequired": 2,
                }
            )
        ),
        {
            f"{COMPUTE}/MinMemoryRequiredInMb": "40,000 is more than ml.g5.2xlarge has: 32,768 MB of memory",
            f"{COMPUTE}/NumberOfCpuCoresRequired": "9 is more than ml.g5.2xlarge has: 8 vCPUs",
            f"{COMPUTE}/NumberOfAcceleratorDevicesRequired": "2 is more than ml.g5.2xlarge has: 1 accelerators",
        },
    ),
    "a variant that the request does not have": (
        request(llm(variantName="Other")),
        {f"{AT}/variantName": '"Other" is not a production variant of the request. Use AllTraffic.'},
    ),
    "no variant of several": (
        request(productionVariants=[VARIANT, LARGE]),
        {f"{AT}/variantName": "is missing, and the request has several variants. Give AllTraffic or Large."},
    ),
    "an adapter without its base": (
        request(ADAPTER),
        {f"{SPECIFICATION}/BaseInferenceComponentName": '"llm" is not an inference component of the request'},
    ),
    "an adapter of an adapter": (
        request(ADAPTER | {"name": "de"}, llm(), adapter(BaseInferenceComponentName="de")),
        {"/inferenceComponents/2/Specification/BaseInferenceComponentName": '"de" is an adapter itself'},
    ),
    "an adapter of itself": (
        request(adapter(BaseInferenceComponentName="fr")),
        {f"{SPECIFICATION}/BaseInferenceComponentName": "names the component itself"},
    ),
    "an adapter on another variant than its base": (
        request(ADAPTER | {"variantName": "Large"}, llm(variantName="AllTraffic"), productionVariants=[VARIANT, LARGE]),
        {f"{AT}/variantName": "an adapter is on the variant of its base, AllTraffic. Remove it."},
    ),
    "an adapter with what its base has": (
        request(
            adapter(ComputeResourceRequirements=NEEDS, ModelName="m")
            | {"copyCount": 1, "autoscaling": {"maxCapacity": 2}},
            LLM,
        ),
        {
            f"{AT}/copyCount": "an adapter has no copies of its own. Give it to the base.",
            f"{AT}/autoscaling": "an adapter has no copies of its own. Give it to the base.",
            COMPUTE: "comes from the base of the adapter. Remove it.",
            f"{SPECIFICATION}/ModelName": "comes from the base of the adapter. Remove it.",
        },
    ),
    "an adapter without its artifact": (
        request(adapter(Container={}), LLM),
        {f"{SPECIFICATION}/Container/ArtifactUrl": "is missing; it is the adapter itself"},
    ),
    "an adapter with several specifications": (
        request({"name": "fr", "Specifications": [ADAPTER["Specification"]]}, LLM),
        {f"{AT}/Specifications": "the base of an adapter decides the instances. Give Specification in place of it."},
    ),
    "specifications for types that the variant does not have, and for one twice": (
        request(typed("ml.g5.2xlarge", "ml.p4d.24xlarge", "ml.g5.2xlarge", None)),
        {
            f"{AT}/Specifications/1/InstanceType": "variant AllTraffic has no ml.p4d.24xlarge. Give ml.g5.2xlarge.",
            f"{AT}/Specifications/2/InstanceType": f"ml.g5.2xlarge is already the type of {AT}/Specifications/0",
            f"{AT}/Specifications/3/InstanceType": "is missing; each of several Specifications is for one type",
        },
    ),
    "a batch of too many percent": (
        request(llm(**rolling("CAPACITY_PERCENT", 60))),
        {BATCH: "60 is not between 5 and 50 percent. Give 5 to 50."},
    ),
    "a batch of too many copies": (
        request(llm(copyCount=6, **rolling("COPY_COUNT", 4))),
        {BATCH: "4 of 6 copies is not between 5 and 50 percent. Give 1 to 3."},
    ),
    "models of the variants beside components": (
        request(productionVariants=[VARIANT | {"ModelName": "m"}]),
        {
            "/productionVariants/0/ModelName": "an endpoint hosts either models of its variants or inference "
            "components. Remove it, or remove inferenceComponents."
        },
    ),
    "a serverless variant": (
        request(
            productionVariants=[
                {"VariantName": "AllTraffic", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 2}}
            ]
        ),
        {"/productionVariants/0/ServerlessConfig": "inference components need instances"},
    ),
    "fewer managed instances at most than at least": (
        request(
            productionVariants=[
                VARIANT
                | {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 3, "MaxInstanceCount": 2}}
            ]
        ),
        {
            "/productionVariants/0/ManagedInstanceScaling/MinInstanceCount": "3 is more than MaxInstanceCount, 2. "
            "Lower it or raise MaxInstanceCount."
        },
    ),
    "asynchronous inference": (
        request(asyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://answers/"}}),
        {"/asyncInferenceConfig": "an asynchronous request cannot name an inference component. Remove it."},
    ),
    "shadow variants": (
        request(shadowProductionVariants=[LARGE]),
        {"/shadowProductionVariants": "a shadow variant copies the requests to a variant"},
    ),
    "alarms of Slipway": (
        request(alarms="create", deploymentConfig={"strategy": "canary"}),
        {"/alarms": "the metrics of a variant have no data on an endpoint of inference components"},
    ),
    "scaling of a variant": (
        request(autoscaling={"*": {"maxCapacity": 2}}),
        {
            "/autoscaling": "a variant of inference components is not scaled itself. Give autoscaling to an inference "
            "component, and ManagedInstanceScaling to the variant."
        },
    ),
    "copies outside of the scaling": (
        request(llm(copyCount=5, autoscaling={"maxCapacity": 3})),
        {f"{AT}/copyCount": "5 is outside 1 to 3, between which the scaling keeps it"},
    ),
    "a metric of a variant": (
        request(
            llm(
                autoscaling={
                    "maxCapacity": 3,
                    "policies": [
                        {
                            "name": "p",
                            "targetTracking": {
                                "TargetValue": 5,
                                "PredefinedMetricSpecification": {
                                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                                },
                            },
                        }
                    ],
                }
            )
        ),
        {
            f"{AT}/autoscaling/policies/0/targetTracking/PredefinedMetricSpecification/PredefinedMetricType": (
                "an inference component does not publish SageMakerVariantInvocationsPerInstance"
            )
        },
    ),
    "an alarm of another component": (
        request(
            llm(
                autoscaling={
                    "maxCapacity": 3,
                    "policies": [
                        {
                            "name": "s",
                            "step": {
                                "AdjustmentType": "ChangeInCapacity",
                                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
                            },
                            "alarm": ALARM
                            | {"Dimensions": [{"Name": "InferenceComponentName", "Value": "somebody-else"}]},
                        }
                    ],
                }
            )
        ),
        {
            f"{AT}/autoscaling/policies/0/alarm/Dimensions/0/Value": '"somebody-else" is not an inference component of '
            'the request. Give "llm".'
        },
    ),
    "a model that no component uses": (
        request(models={"unused": {"artifact": "s3://artifacts/m.tar.gz", "image": IMAGE}}),
        {"/models/unused": "no component uses it. Name it in the ModelName of a component, or remove it."},
    ),
    "a test of a variant": (
        request(test=[TEST | {"variants": ["AllTraffic"]}]),
        {"/test/0/variants": "a test of an inference component has no other target. Give inferenceComponents"},
    ),
    "a test of a component that is not there": (
        request(test=[TEST | {"inferenceComponents": ["other"]}]),
        {
            "/test/0/inferenceComponents/0": '"other" is not an inference component of the request. Name one of these: llm.'
        },
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_fault_is_named_by_its_pointer(case: str) -> None:
    document, expected = REFUSED[case]

    found = faults(document)

    assert found.keys() == expected.keys()
    for pointer, text in expected.items():
        assert found[pointer].startswith(text), found[pointer]


@pytest.mark.parametrize("field", ["inferenceComponents", "productionVariants"])
def test_a_field_of_the_wrong_type_is_one_fault(field: str) -> None:
    assert faults(request() | {field: "no list"}).keys() == {f"/{field}"}


def test_a_test_names_components_only_where_there_are_some() -> None:
    ordinary = {name: value for name, value in request().items() if name != "inferenceComponents"}
    ordinary |= {"productionVariants": [VARIANT | {"ModelName": "m"}]}

    found = faults(ordinary | {"test": [TEST | {"inferenceComponents": ["llm"]}]})

    assert found["/test/0/inferenceComponents"].startswith("the endpoint hosts no inference components.")


@pytest.mark.parametrize(
    ("components", "variants"),
    [
        ([LLM, ADAPTER], [VARIANT]),
        ([llm(variantName="Large"), ADAPTER, llm(name="b", variantName="AllTraffic")], [VARIANT, LARGE]),
        ([typed("ml.g5.2xlarge")], [VARIANT]),
        ([llm(copyCount=1, **rolling("COPY_COUNT", 1))], [VARIANT]),
        ([llm(autoscaling={"preset": "to-zero", "maxCapacity": 3})], [VARIANT]),
    ],
)
def test_these_components_are_accepted(components: list[Json], variants: list[Json]) -> None:
    asked = read(request(*components, productionVariants=variants))

    assert [each.name for each in asked.components] == [each["name"] for each in components]


def test_an_adapter_is_on_the_variant_of_its_base_and_others_on_the_only_one() -> None:
    several = read(request(ADAPTER, llm(variantName="Large"), productionVariants=[VARIANT, LARGE]))
    single = read(request(ADAPTER, LLM))

    assert [each.variant_name for each in several.components] == ["Large", "Large"]
    assert [each.variant_name for each in single.components] == ["AllTraffic", "AllTraffic"]


def test_a_profile_has_a_component_without_a_model() -> None:
    open_component = {"name": "llm", "Specification": {"ComputeResourceRequirements": NEEDS}}

    asked = read(request(open_component, ADAPTER), is_profile=True)

    models = [each.with_model("approved").model_names for each in asked.components]
    assert models == [["approved"], []]
    assert faults(request(), is_profile=True)["/inferenceComponents"] == (
        "every component says what it runs, so none gets the approved model. Remove a ModelName."
    )


@pytest.mark.parametrize(
    ("document", "warning"),
    [
        (
            request(llm(copyCount=40)),
            "/productionVariants/0: the components on it need 40,960 MB of memory, and 1 ml.g5.2xlarge have 32,768. "
            "SageMaker fails to create copies without room.",
        ),
        (
            request(productionVariants=[VARIANT, LARGE], inferenceComponents=[llm(variantName="Large")]),
            "/productionVariants/0: no component is on variant AllTraffic, so its instances run nothing.",
        ),
        (
            request(llm(autoscaling={"preset": "to-zero", "maxCapacity": 3})),
            f"{AT} scales to 0 copies, and the instances of its variant stay. To release them, give "
            "/productionVariants/0/ManagedInstanceScaling the Status ENABLED and a MinInstanceCount of 0.",
        ),
        (
            request(
                productionVariants=[
                    VARIANT
                    | {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}}
                ]
            ),
            "/productionVariants/0/ManagedInstanceScaling/MinInstanceCount is 0, which SageMaker refuses in some "
            "Regions (eu-west-3).",
        ),
        (
            request(productionVariants=[VARIANT | managed(1, 2) | {"InitialInstanceCount": 3}]),
            "/productionVariants/0/InitialInstanceCount is 3, and ManagedInstanceScaling wants at most 2 instances. "
            "AWS does not document which of them counts.",
        ),
        (
            request(productionVariants=[VARIANT | managed(2, 4)]),
            "/productionVariants/0/InitialInstanceCount is 1, and ManagedInstanceScaling wants at least 2 instances. "
            "AWS does not document which of them counts.",
        ),
        (
            request(llm(autoscaling={"maxCapacity": 3})),
            f"{AT}/autoscaling: the target is 1 invocation per copy and minute, SageMaker's example. Give "
            "expectedPeakRps or a TargetValue from a load test.",
        ),
        (
            request(llm(autoscaling={"preset": "to-zero", "maxCapacity": 3})),
            f"{AT}/autoscaling/preset scales to 0: requests fail until the first copy runs, which takes minutes.",
        ),
    ],
)
def test_a_component_that_may_not_do_what_it_is_meant_to_is_warned_about(document: Json, warning: str) -> None:
    assert warning in read(document).warnings


def test_managed_instances_count_as_room() -> None:
    managed = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 9}

    asked = read(request(llm(copyCount=40), productionVariants=[VARIANT | {"ManagedInstanceScaling": managed}]))

    assert not [each for each in asked.warnings if "without room" in each]


def test_an_unknown_instance_type_is_not_judged_by_its_size() -> None:
    huge = specified(ComputeResourceRequirements={"MinMemoryRequiredInMb": 10**9})

    asked = read(request(huge, productionVariants=[VARIANT | {"InstanceType": "ml.zz9.xlarge"}]))

    assert not [each for each in asked.warnings if "room" in each]
