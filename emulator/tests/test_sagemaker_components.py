"""Inference components: their life over time, on the instances of their endpoint."""

from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import until
from support.components import GIB, Components
from support.hosting import ROLE_ARN, Hosting, arn, refused
from support.rollouts import make_alarm


@pytest.fixture
def components(hosting: Hosting) -> Components:
    return Components(hosting)


def now(hosting: Hosting) -> float:
    return datetime.fromisoformat(hosting.aws.get("clock")["now"]).timestamp()


def test_a_component_is_created_described_listed_and_deleted(components: Components) -> None:
    endpoint = components.endpoint()
    request = components.request(endpoint, "Life", copies=2, Tags=[{"Key": "team", "Value": "search"}])

    with components.hosting.standing_still():
        created = components.sagemaker.create_inference_component(**request)
        early = components.describe("life")
    ready = components.wait("Life")

    assert created["InferenceComponentArn"] == arn("inference-component/life")
    assert (early["InferenceComponentStatus"], early["RuntimeConfig"]) == (
        "Creating",
        {"CurrentCopyCount": 0, "DesiredCopyCount": 2},
    )
    assert ready["RuntimeConfig"] == {"CurrentCopyCount": 2, "DesiredCopyCount": 2}
    assert (ready["EndpointArn"], ready["VariantName"]) == (arn(f"endpoint/{endpoint}"), "AllTraffic")
    image = ready["Specification"]["Container"]["DeployedImage"]
    assert image["SpecifiedImage"] == request["Specification"]["Container"]["Image"]
    assert components.sagemaker.list_tags(ResourceArn=ready["InferenceComponentArn"])["Tags"] == request["Tags"]
    found = components.sagemaker.list_inference_components(EndpointNameEquals=endpoint, StatusEquals="InService")
    assert [each["InferenceComponentName"] for each in found["InferenceComponents"]] == ["Life"]

    with components.hosting.standing_still():
        components.sagemaker.delete_inference_component(InferenceComponentName="Life")
        assert components.describe("Life")["InferenceComponentStatus"] == "Deleting"
    until(lambda: not components.sagemaker.list_inference_components(NameContains="Life")["InferenceComponents"])
    with refused("ValidationException", f'Could not find inference component "{arn("inference-component/life")}".'):
        components.describe("Life")


def test_an_endpoint_for_components_needs_a_role_and_has_no_images(components: Components, hosting: Hosting) -> None:
    message = (
        'ModelName of variant "AllTraffic" is required, unless the endpoint configuration has an ExecutionRoleArn.'
    )
    with refused("ValidationException", message):
        hosting.config("no-role", components.variant())

    (variant,) = hosting.describe(components.endpoint())["ProductionVariants"]

    assert "DeployedImages" not in variant
    assert variant["ManagedInstanceScaling"] == {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4}


def test_variants_with_and_without_a_model_are_refused(components: Components, hosting: Hosting) -> None:
    other = hosting.variant(hosting.model("beside-components"), "Other")
    with refused("ValidationException", "Either all production variants have a ModelName, or none of them has one."):
        hosting.config("mixed", components.variant(), other, ExecutionRoleArn=ROLE_ARN)


def test_an_ordinary_endpoint_hosts_no_components(components: Components, hosting: Hosting) -> None:
    """terraform-provider-aws, issue 40644."""
    hosting.endpoint("ordinary")
    message = (
        "Inference Components are not supported in this Endpoint. Please make sure this endpoint can deploy inference "
        "components."
    )
    with refused("ValidationException", message):
        components.sagemaker.create_inference_component(**components.request("ordinary", "stray"))


ADAPTER_WITH_MODEL = {"BaseInferenceComponentName": "no-such", "Container": {"ArtifactUrl": "s3://a/b"}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no copy": ({"RuntimeConfig": {"CopyCount": 0}}, "Inference components copy count an integer larger than 0"),
    "no specification": ({"Specification": None}, "Specify exactly one of Specification and Specifications."),
    "unknown variant": ({"VariantName": "Other"}, "Variant Other not found for endpoint {endpoint}."),
    "no variant": (
        {"VariantName": None},
        "VariantName is required, unless the inference component is an adapter.",
    ),
    "missing model": (
        {"Specification": {"ModelName": "none", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}}},
        f'Could not find model "{arn("model/none")}".',
    ),
    "no compute": (
        {"Specification": {"Container": {"Image": "image"}}},
        "ComputeResourceRequirements is required for an inference component without a base.",
    ),
    "missing base": (
        {"Specification": ADAPTER_WITH_MODEL, "RuntimeConfig": None},
        f'Could not find inference component "{arn("inference-component/no-such")}".',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_component_is_refused(components: Components, case: str) -> None:
    change, message = REFUSED[case]
    endpoint = components.endpoint()

    with refused("ValidationException", message.format(endpoint=endpoint)):
        components.sagemaker.create_inference_component(**components.request(endpoint, "invalid", **change))

    assert not components.sagemaker.list_inference_components(NameContains="invalid")["InferenceComponents"]


def test_the_memory_of_a_copy_has_a_minimum(components: Components) -> None:
    small = components.specification(memory=64)
    with pytest.raises(ClientError, match="greater than or equal to 128"):
        components.hosting.unchecked.create_inference_component(
            **components.request("any", "small", Specification=small)
        )


def test_instances_follow_the_copies_and_idle_ones_go_after_ten_minutes(components: Components) -> None:
    """AWS ML blog, "Unlock cost savings with the new scale down to zero feature": instances go 10 minutes later."""
    endpoint = components.endpoint(components.variant(minimum=0))
    components.component(endpoint, "follows", copies=5)
    assert (components.copies("follows"), components.instances(endpoint)) == ((5, 5), 3)

    began, seconds = now(components.hosting), components.hosting.aws.get("sagemaker/durations")

    components.scale("follows", 0)

    assert components.copies("follows") == (0, 0)
    until(lambda: components.instances(endpoint) == 0)
    assert now(components.hosting) - began == pytest.approx(seconds["scaleIn"] + 600, abs=5)
    components.scale("follows", 1)
    assert (components.copies("follows"), components.instances(endpoint)) == ((1, 1), 1)


def test_a_scale_in_policy_releases_some_instances_at_a_time(components: Components) -> None:
    """API reference, ProductionVariantManagedInstanceScalingScaleInPolicy."""
    variant = components.variant()
    policy = {"Strategy": "IDLE_RELEASE", "CooldownInMinutes": 30, "MaximumStepSize": 1}
    variant["ManagedInstanceScaling"]["ScaleInPolicy"] = policy
    endpoint = components.endpoint(variant)
    components.component(endpoint, "stepwise", copies=6)
    began, seconds = now(components.hosting), components.hosting.aws.get("sagemaker/durations")

    components.scale("stepwise", 1)

    until(lambda: components.instances(endpoint) == 1)
    assert now(components.hosting) - began == pytest.approx(seconds["scaleIn"] + 2 * 1800, abs=5)


def test_a_component_without_room_fails(components: Components) -> None:
    endpoint = components.endpoint(components.variant(maximum=1))
    large = components.specification(memory=20 * GIB)

    components.sagemaker.create_inference_component(**components.request(endpoint, "large", Specification=large))

    assert components.wait("large", "Failed")["FailureReason"] == (
        "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference "
        "component."
    )
    components.component(endpoint, "fits", copies=2)


def test_more_copies_than_fit_are_started_as_far_as_they_fit(components: Components) -> None:
    endpoint = components.endpoint(components.variant(maximum=2))
    components.component(endpoint, "grows")

    scaled = components.scale("grows", 9)

    assert components.copies("grows") == (4, 9)
    assert scaled["FailureReason"].startswith("There is not enough hardware resources on the instances")


def test_a_component_is_not_changed_while_it_changes(components: Components) -> None:
    """stdapi-ai/stdapi.ai, issue 43."""
    endpoint = components.endpoint()
    components.component(endpoint, "busy")
    named = {"InferenceComponentName": "busy"}

    with components.hosting.standing_still():
        components.sagemaker.update_inference_component_runtime_config(**named, DesiredRuntimeConfig={"CopyCount": 2})
        described = components.describe("busy")
        where = f'inference component "{arn("inference-component/busy")}" while it is in state UPDATE_RC_IN_PROGRESS.'
        with refused("ValidationException", f"Cannot update {where}"):
            components.sagemaker.update_inference_component_runtime_config(
                **named, DesiredRuntimeConfig={"CopyCount": 3}
            )
        with refused("ValidationException", f"Cannot delete {where}"):
            components.sagemaker.delete_inference_component(**named)

    assert described["InferenceComponentStatus"] == "Updating"
    assert described["RuntimeConfig"] == {"CurrentCopyCount": 1, "DesiredCopyCount": 2}
    components.wait("busy")
    assert components.copies("busy") == (2, 2)


def rolling(size: int, **more: Any) -> dict[str, Any]:
    return {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": size},
            "WaitIntervalInSeconds": 100,
        },
        **more,
    }


def test_an_update_replaces_the_copies_in_batches(components: Components) -> None:
    endpoint = components.endpoint()
    components.component(endpoint, "rolled", copies=4)
    began = now(components.hosting)
    new = components.specification(memory=5 * GIB)

    components.sagemaker.update_inference_component(
        InferenceComponentName="rolled", Specification=new, DeploymentConfig=rolling(2)
    )
    updated = components.wait("rolled")

    assert updated["Specification"]["ComputeResourceRequirements"]["MinMemoryRequiredInMb"] == 5 * GIB
    assert updated["LastDeploymentConfig"] == rolling(2)
    seconds = components.hosting.aws.get("sagemaker/durations")
    assert now(components.hosting) - began == pytest.approx(2 * (seconds["copy"] + 100), abs=5)


def test_an_update_needs_room_for_a_batch(components: Components) -> None:
    endpoint = components.endpoint(components.variant(maximum=1))
    components.component(endpoint, "cramped", copies=2)

    components.sagemaker.update_inference_component(
        InferenceComponentName="cramped",
        Specification=components.specification(),
        DeploymentConfig=rolling(1),
    )

    assert components.wait("cramped")["FailureReason"].startswith("There is not enough hardware resources")


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"Type": "COPY_COUNT", "Value": 3}, "MaximumBatchSize is 3 of 4 copies. It can be at most 50 percent."),
        (
            {"Type": "CAPACITY_PERCENT", "Value": 60},
            "MaximumBatchSize is 60 percent. Valid values are from 5 to 50 percent.",
        ),
    ],
)
def test_a_batch_is_at_most_half_of_the_copies(components: Components, size: dict[str, Any], message: str) -> None:
    endpoint = components.endpoint()
    name = components.component(endpoint, f"half-{size['Value']}", copies=4)
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}

    with refused("ValidationException", message):
        components.sagemaker.update_inference_component(
            InferenceComponentName=name, DeploymentConfig={"RollingUpdatePolicy": policy}
        )


def test_an_alarm_rolls_an_update_back(components: Components) -> None:
    cloudwatch = components.hosting.aws.client("cloudwatch")
    make_alarm(cloudwatch, "component-errors")
    cloudwatch.set_alarm_state(AlarmName="component-errors", StateValue="ALARM", StateReason="test")
    components.component(components.endpoint(), "alarmed")
    watched = rolling(1, AutoRollbackConfiguration={"Alarms": [{"AlarmName": "component-errors"}]})

    components.sagemaker.update_inference_component(
        InferenceComponentName="alarmed", Specification=components.specification(128), DeploymentConfig=watched
    )

    described = components.wait("alarmed")
    assert described["FailureReason"] == "The update was rolled back because of the alarm(s) component-errors."
    assert described["Specification"]["ComputeResourceRequirements"]["MinMemoryRequiredInMb"] == 6 * GIB


def test_outcomes_of_components_are_scripted(components: Components) -> None:
    endpoint = components.endpoint()
    components.script("scripted", "create", "fails")
    components.sagemaker.create_inference_component(**components.request(endpoint, "scripted"))
    failed = components.wait("scripted", "Failed")
    assert failed["FailureReason"].startswith("The container of the inference component did not pass the ping")
    assert components.copies("scripted") == (0, 1)
    components.component(endpoint, "scripted-2")
    components.script("scripted-2", "update", "rolls_back")

    components.sagemaker.update_inference_component(
        InferenceComponentName="scripted-2", Specification=components.specification(128)
    )

    described = components.wait("scripted-2")
    assert described["FailureReason"].startswith("The container of the inference component did not pass the ping")
    assert described["Specification"]["ComputeResourceRequirements"]["MinMemoryRequiredInMb"] == 6 * GIB


def test_a_deleted_endpoint_leaves_its_components(components: Components, hosting: Hosting) -> None:
    """huggingface/skills, pull request 215: they go on reporting InService and hold their names."""
    endpoint = components.endpoint()
    components.component(endpoint, "orphan")

    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    until(lambda: not hosting.exists(endpoint))

    assert components.describe("orphan")["InferenceComponentStatus"] == "InService"
    message = f'Cannot create already existing inference component "{arn("inference-component/orphan")}".'
    with refused("ValidationException", message):
        components.sagemaker.create_inference_component(**components.request(components.endpoint(), "orphan"))
    components.sagemaker.delete_inference_component(InferenceComponentName="orphan")
    until(lambda: not components.sagemaker.list_inference_components(NameContains="orphan")["InferenceComponents"])


def test_a_base_is_deleted_after_its_adapters(components: Components) -> None:
    endpoint = components.endpoint()
    components.component(endpoint, "base-of-one")
    components.sagemaker.create_inference_component(**components.adapter(endpoint, "only-tuned", "base-of-one"))
    adapter = components.wait("only-tuned")
    assert "RuntimeConfig" not in adapter
    assert (adapter["VariantName"], adapter["Specification"]["BaseInferenceComponentName"]) == (
        "AllTraffic",
        "base-of-one",
    )

    message = f'Cannot delete inference component "{arn("inference-component/base-of-one")}": delete its adapters first: only-tuned.'
    with refused("ValidationException", message):
        components.sagemaker.delete_inference_component(InferenceComponentName="base-of-one")
    components.sagemaker.delete_inference_component(InferenceComponentName="only-tuned")
    until(lambda: not components.sagemaker.list_inference_components(NameContains="only-tuned")["InferenceComponents"])
    components.sagemaker.delete_inference_component(InferenceComponentName="base-of-one")


def test_an_update_that_changes_the_base_of_an_adapter_is_not_modelled(components: Components) -> None:
    endpoint = components.endpoint()
    for name in ("its-base", "other-base"):
        components.component(endpoint, name)
    components.sagemaker.create_inference_component(**components.adapter(endpoint, "rebased", "its-base"))
    components.wait("rebased")
    other = components.adapter(endpoint, "rebased", "other-base")["Specification"]

    message = "The local AWS does not model this: an update that changes the base of an inference component"
    for name, content in (("rebased", other), ("rebased", components.specification()), ("its-base", other)):
        with refused("NotImplemented", message):
            components.sagemaker.update_inference_component(InferenceComponentName=name, Specification=content)


def test_an_endpoint_keeps_its_instances_over_an_update(components: Components, hosting: Hosting) -> None:
    endpoint = components.endpoint()
    components.component(endpoint, "kept", copies=5)
    hosting.config(f"{endpoint}-2", components.variant(maximum=8), ExecutionRoleArn=ROLE_ARN)

    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2")
    hosting.wait(endpoint)

    assert components.instances(endpoint) == 3


@pytest.mark.parametrize("change", [{"maximum": 1}, {"InstanceType": "ml.m5.large"}])
def test_an_update_of_the_endpoint_without_room_for_its_components_is_rolled_back(
    components: Components, hosting: Hosting, change: Any
) -> None:
    endpoint = components.endpoint()
    name = f"no-room-{next(iter(change)).lower()}"
    components.component(endpoint, name, copies=3, Specification=components.specification(memory=8 * GIB + 1))
    hosting.config(f"{endpoint}-2", components.variant(**change), ExecutionRoleArn=ROLE_ARN)

    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2")
    described = hosting.wait(endpoint)

    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", f"{endpoint}-1")
    assert described["FailureReason"] == (
        "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference "
        "component."
    )
    assert components.copies(name) == (3, 3)


def test_an_update_that_removes_the_variant_of_a_component_is_not_modelled(
    components: Components, hosting: Hosting
) -> None:
    endpoint = components.endpoint(components.variant(), components.variant(VariantName="Other"))
    components.component(endpoint, "loses-its-variant", VariantName="Other")
    hosting.config(f"{endpoint}-2", components.variant(), ExecutionRoleArn=ROLE_ARN)

    message = "The local AWS does not model this: an update that removes the variant of an inference component"
    with refused("NotImplemented", message):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2")


@pytest.mark.parametrize("copies", [4, 1])
def test_instances_follow_the_copies_that_change_during_an_update_of_the_endpoint(
    components: Components, hosting: Hosting, copies: int
) -> None:
    """The new fleet has as many instances as are wanted when it replaces the old one."""
    endpoint = components.endpoint()
    name = f"during-update-{copies}"
    components.component(endpoint, name, copies=2)
    hosting.config(f"{endpoint}-2", components.variant(), ExecutionRoleArn=ROLE_ARN)
    with hosting.standing_still():
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2")
        components.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": copies}
        )

    components.wait(name)
    hosting.wait(endpoint)

    assert components.copies(name) == (copies, copies)
    assert components.instances(endpoint) == {4: 2, 1: 1}[copies]
