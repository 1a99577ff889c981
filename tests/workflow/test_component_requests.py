"""Requests with inference components: where they and their models come from, what is planned, and what stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import project
from tests.support.answering import GOLDEN, SETOSA, set_answer
from tests.support.artifacts import ENVIRONMENT, archive
from tests.support.components import (
    ExternalComponents,
    adapter,
    component,
    described,
    hosting_request,
    specification,
    variant,
)
from tests.support.deployment import Run, Slipway
from tools import approval, stack

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def without_answers(slipway: Slipway) -> Iterator[None]:
    """Remove the answers that the test has set."""
    yield
    slipway.aws.delete("sagemaker/answers")


def without_role(request: Json) -> Json:
    return {name: value for name, value in request.items() if name != "executionRoleArn"}


def deployed(slipway: Slipway, request: Json) -> Run:
    run = slipway.deploy(request)
    assert run.status == "SUCCEEDED", run.cause
    return run


def model_of(slipway: Slipway, endpoint: str, name: str) -> str:
    return str(described(slipway, endpoint)[name]["Specification"]["ModelName"])


def test_a_dry_run_shows_what_happens_to_each_component_and_changes_nothing(slipway: Slipway) -> None:
    asked = hosting_request(slipway, "ic-dry", component("ic-dry-llm"), adapter("ic-dry-fr", "ic-dry-llm"))

    run = deployed(slipway, asked | {"dryRun": True})

    assert [(each["name"], each["action"]) for each in run.output["components"]] == [
        ("ic-dry-llm", "create"),
        ("ic-dry-fr", "create"),
    ]
    assert [step["what"] for step in run.output["steps"] if step["state"] == "Deploy components"] == [
        "inference component ic-dry-llm on variant AllTraffic, 1 copy",
        "inference component ic-dry-fr as an adapter of ic-dry-llm",
    ]
    assert run.mutations("sagemaker") == []


def test_the_endpoint_gets_the_role_of_the_stack_if_the_request_names_none(slipway: Slipway) -> None:
    run = deployed(slipway, without_role(hosting_request(slipway, "ic-role", component("ic-role-llm"))))

    config = slipway.aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=run.output["endpointConfigName"]
    )
    assert config["ExecutionRoleArn"] == slipway.outputs["ModelExecutionRoleArn"]


def test_each_component_is_tested_by_its_name(slipway: Slipway) -> None:
    set_answer(slipway, "ic-tested", SETOSA)
    components = [component(f"ic-tested-{each}") for each in "ab"]
    only = GOLDEN | {"name": "only one", "inferenceComponents": ["ic-tested-b"]}

    run = deployed(slipway, hosting_request(slipway, "ic-tested", *components, test=[GOLDEN, only]))

    assert [(each["name"], each["component"]) for each in run.output["tests"]] == [
        ("golden", "ic-tested-a"),
        ("golden", "ic-tested-b"),
        ("only one", "ic-tested-b"),
    ]
    assert "golden of component ic-tested-a: passed" in run.message["message"]


def test_several_components_run_on_several_variants(slipway: Slipway) -> None:
    variants = [variant(), variant(VariantName="Large", InstanceType="ml.m5.2xlarge")]
    components = [
        component("ic-two-a"),
        component("ic-two-b", variantName="Large", copyCount=2),
        adapter("ic-two-fr", "ic-two-b") | {"variantName": "Large"},
    ]
    asked = hosting_request(slipway, "ic-two", *components, productionVariants=variants)

    deployed(slipway, asked)
    again = deployed(slipway, asked)

    found = {name: each["VariantName"] for name, each in described(slipway, "ic-two").items()}
    assert found == {"ic-two-a": "AllTraffic", "ic-two-b": "Large", "ic-two-fr": "Large"}
    assert (again.output["changed"], again.mutations("sagemaker")) == (False, [])


def test_specifications_are_for_instance_types(slipway: Slipway) -> None:
    of_type = specification("llm") | {"InstanceType": "ml.m5.xlarge"}
    asked = hosting_request(
        slipway, "ic-types", component("ic-types-llm", Specification=None, Specifications=[of_type])
    )

    deployed(slipway, asked)
    again = deployed(slipway, asked)

    assert described(slipway, "ic-types")["ic-types-llm"]["Specifications"] == [of_type]
    assert (again.output["changed"], again.mutations("sagemaker")) == (False, [])


def test_a_component_that_scales_to_zero_is_woken_by_its_alarm_and_keeps_its_copies(slipway: Slipway) -> None:
    scaling = {"preset": "to-zero", "maxCapacity": 3, "expectedPeakRps": 2}
    managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    scaled = component("ic-zero-llm", copyCount=2, autoscaling=scaling)
    asked = hosting_request(slipway, "ic-zero", scaled, productionVariants=[variant(ManagedInstanceScaling=managed)])

    run = deployed(slipway, asked)
    external = ExternalComponents(slipway, "ic-zero")
    external.set_copies("ic-zero-llm", 0)
    external.wait("ic-zero-llm")
    again = deployed(slipway, asked)

    (resource,) = run.output["scaling"]["resources"]
    assert (resource["kind"], resource["name"]) == ("component", "ic-zero-llm")
    assert resource["sentence"].startswith("0 to 3 copies, holding 60 invocations per copy and minute")
    alarms = slipway.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix="slipway/ic-zero/")["MetricAlarms"]
    assert [(alarm["MetricName"], alarm["Threshold"]) for alarm in alarms] == [("NoCapacityInvocationFailures", 1.0)]
    assert (again.output["changed"], again.mutations("sagemaker")) == (False, [])


def test_the_scaling_of_a_component_that_is_deleted_goes_before_it(slipway: Slipway) -> None:
    scaled = component("ic-gone-a", autoscaling={"preset": "bursty", "maxCapacity": 3})
    deployed(slipway, hosting_request(slipway, "ic-gone", scaled, component("ic-gone-b")))

    run = deployed(slipway, hosting_request(slipway, "ic-gone", component("ic-gone-b")))

    changed = [(step["state"], step["action"]) for step in run.output["steps"]]
    assert changed[0] == ("Prepare endpoint", "deregister")
    assert ("Deploy components", "delete") in changed
    assert list(described(slipway, "ic-gone")) == ["ic-gone-b"]
    alarms = slipway.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix="slipway/ic-gone/")["MetricAlarms"]
    assert alarms == []


def test_a_component_of_another_tool_stays_and_is_named(slipway: Slipway) -> None:
    asked = hosting_request(slipway, "ic-beside-theirs", component("ic-beside-theirs-ours"))
    deployed(slipway, asked)
    ExternalComponents(slipway, "ic-beside-theirs").create("ic-beside-theirs-own", specification("llm"))

    run = deployed(slipway, asked)

    assert run.output["changed"] is False
    assert any("ic-beside-theirs-own, which Slipway did not create, stays" in each for each in run.output["warnings"])


def test_the_model_of_a_component_is_made_from_its_artifact(slipway: Slipway) -> None:
    bucket = slipway.outputs["ArtifactBucketName"]
    slipway.aws.client("s3").put_object(Bucket=bucket, Key="ic-made/model.tar.gz", Body=archive())
    image = {"framework": "sklearn", "version": "1.9-0"}
    own = {"artifact": f"s3://{bucket}/ic-made/model.tar.gz", "image": image, "Environment": ENVIRONMENT}
    asked = hosting_request(slipway, "ic-made", component("ic-made-llm", "own"), models={"own": own})

    run = deployed(slipway, asked)

    (model,) = run.output["modelNames"]
    assert model.startswith("own-")
    assert model_of(slipway, "ic-made", "ic-made-llm") == model
    assert deployed(slipway, asked).mutations("sagemaker") == []


def test_an_approved_model_updates_the_component_without_a_model(slipway: Slipway) -> None:
    open_component = component(
        "ic-approved-llm", Specification={"ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}
    )
    profile = hosting_request(slipway, "ic-approved", open_component, component("ic-approved-other"))

    first = approve(slipway, "ic-approved", profile, 1)
    assert first.status == "SUCCEEDED", first.cause
    before = model_of(slipway, "ic-approved", "ic-approved-llm")
    second = approve(slipway, "ic-approved", profile, 2)

    assert second.status == "SUCCEEDED", second.cause
    after = model_of(slipway, "ic-approved", "ic-approved-llm")
    assert before != after
    assert after in second.output["modelNames"]
    assert model_of(slipway, "ic-approved", "ic-approved-other") == "llm"
    assert second.mutations("sagemaker")[-2:] == ["CreateModel", "UpdateInferenceComponent"]


def approve(slipway: Slipway, group: str, profile: Json, version: int) -> Run:
    """Approve a version of the group and return the run that the approval starts."""
    event = json.loads(json.dumps(project.event("model_approved")).replace("h2o3-gbm", group))
    detail = event["detail"]
    detail |= {
        "ModelPackageVersion": version,
        "ModelPackageArn": f"{detail['ModelPackageArn'].rpartition('/')[0]}/{version}",
    }
    approval.make_package(slipway.aws, detail)
    stack.make_models(slipway.aws, profile)
    name = f"/slipway/profiles/{group}"
    slipway.aws.client("ssm").put_parameter(Name=name, Type="String", Value=json.dumps(profile), Overwrite=True)
    with slipway.recorded() as finish:
        started = approval.started_by(
            slipway.aws, slipway.machine_arn, lambda: approval.approve_package(slipway.aws, detail)
        )
        return finish(started)


def test_an_earlier_deployment_is_restored_with_its_components(slipway: Slipway) -> None:
    base, fine = component("ic-back-llm", copyCount=2), adapter("ic-back-fr", "ic-back-llm")
    first = deployed(slipway, hosting_request(slipway, "ic-back", base, fine))
    changed = component("ic-back-llm", Specification=specification("llm", 1024))
    deployed(slipway, hosting_request(slipway, "ic-back", changed, component("ic-back-new")))

    run = deployed(slipway, {"endpointName": "ic-back", "rollbackTo": first.output["deploymentId"]})

    found = described(slipway, "ic-back")
    assert sorted(found) == ["ic-back-fr", "ic-back-llm"]
    assert found["ic-back-llm"]["Specification"] == specification("llm")
    assert found["ic-back-llm"]["RuntimeConfig"]["CurrentCopyCount"] == 2
    assert run.output["trigger"]["deploymentId"] == first.output["deploymentId"]


def test_an_endpoint_of_models_cannot_become_one_of_components(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("ic-ordinary"))

    run = slipway.deploy(hosting_request(slipway, "ic-ordinary", component("ic-ordinary-llm")))

    assert (run.status, run.error) == ("FAILED", "EndpointNotUpdatable")
    assert "hosts models of its variants, and the request has inference components" in run.cause
    assert run.mutations("sagemaker") == []
