import copy
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings

from shared.errors import (
    AccessDenied,
    InvalidRequest,
    ModelNotFound,
    ServiceUnavailable,
)
from tests.support import project, steps
from tests.unit.conftest import EXECUTION, EXECUTION_ARN, Context
from tests.unit.fakes import (
    SESSION,
    client_error,
    require_valid,
)
from tests.unit.plan_deployment.requests import deployable
from tests.unit.plan_deployment.world import MODEL, World, original, with_variant

EXECUTION_TAG = {"Key": "slipway:execution", "Value": EXECUTION_ARN}
ENDPOINT_TAG = {"Key": "slipway:endpoint", "Value": "test-endpoint"}
RESOURCE = "endpoint/test-endpoint/variant/AllTraffic"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture
def world() -> World:
    return World()


def test_the_original_payload_of_the_field_is_planned_as_a_creation(world: World) -> None:
    made = world.plan(original())

    name = made["endpointConfigName"]
    variant = original()["productionVariants"][0]
    assert made["action"] == "create"
    content_tag = steps.config(made)["Tags"].pop()
    assert steps.config(made) == {
        "EndpointConfigName": name,
        "ProductionVariants": [variant],
        "Tags": [EXECUTION_TAG, ENDPOINT_TAG],
    }
    assert content_tag["Key"] == "slipway:content"
    assert steps.change(made) == {
        "EndpointName": "test-endpoint",
        "EndpointConfigName": name,
        "Tags": [EXECUTION_TAG],
    }
    assert steps.bodies(made, "RegisterScalableTarget") == [
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": RESOURCE,
            "ScalableDimension": DIMENSION,
            "MinCapacity": 1,
            "MaxCapacity": 4,
        }
    ]
    assert steps.bodies(made, "PutScalingPolicy") == [
        {
            "PolicyName": "test-endpoint-AllTraffic-target-tracking",
            "ServiceNamespace": "sagemaker",
            "ResourceId": RESOURCE,
            "ScalableDimension": DIMENSION,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": original()["targetTrackingScalingPolicyConfiguration"],
        }
    ]
    assert made["endpointArn"] == "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint"
    assert (made["startedAt"], made["deadlineAt"]) == ("2026-11-21T05:12:59.152Z", "2026-11-21T06:12:59.152Z")
    assert (made["onFailure"], made["firstCheckSeconds"], made["models"]) == ("ROLL_BACK", 120, [])
    assert (made["modelNames"], made["trigger"], made["warnings"]) == ([MODEL], {"kind": "request"}, [])


def test_planning_changes_nothing(world: World) -> None:
    world.deployed(original())
    world.sagemaker.calls.clear()
    world.autoscaling.calls.clear()

    world.plan(with_variant(original(), InstanceType="ml.c5.2xlarge", VolumeSizeInGB=10))

    assert world.sagemaker.mutations() + world.autoscaling.mutations() == []


def test_the_order_of_the_fields_does_not_change_the_names(world: World) -> None:
    request = original()
    reordered = dict(reversed(request.items())) | {
        "productionVariants": [dict(reversed(request["productionVariants"][0].items()))]
    }

    assert world.plan(reordered)["endpointConfigName"] == world.plan(request)["endpointConfigName"]


def test_tags_are_on_every_resource_and_do_not_change_names(world: World) -> None:
    tag = {"Key": "team", "Value": "churn"}

    made = world.plan(original(tags=[tag]))

    assert steps.config(made)["Tags"][:-1] == [tag, EXECUTION_TAG, ENDPOINT_TAG]
    assert steps.change(made)["Tags"] == [tag, EXECUTION_TAG]
    assert made["endpointConfigName"] == world.plan(original())["endpointConfigName"]


def test_every_variant_gets_its_target_and_policy(world: World) -> None:
    made = world.plan(project.event("deploy_two_variants"))

    resources = ["endpoint/two-variants/variant/Champion", "endpoint/two-variants/variant/Challenger"]
    assert [target["ResourceId"] for target in steps.bodies(made, "RegisterScalableTarget")] == resources
    assert [policy["ResourceId"] for policy in steps.bodies(made, "PutScalingPolicy")] == resources
    assert [policy["PolicyName"] for policy in steps.bodies(made, "PutScalingPolicy")] == [
        "two-variants-Champion-target-tracking",
        "two-variants-Challenger-target-tracking",
    ]
    assert [[policy.get("targetValue") for policy in line["policies"]] for line in made["scaling"]] == [[600], [600]]


def test_a_serverless_variant_is_scaled_in_its_own_dimension_and_checked_earlier(world: World) -> None:
    made = world.plan(project.event("deploy_serverless"))

    assert made["firstCheckSeconds"] == 60
    assert [target["ScalableDimension"] for target in steps.bodies(made, "RegisterScalableTarget")] == [
        "sagemaker:variant:DesiredProvisionedConcurrency"
    ]


def test_a_request_without_scaling_fields_registers_nothing(world: World) -> None:
    made = world.plan(project.event("deploy_minimal"))

    assert (made["scaling"], steps.operations(made)) == ([], ["CreateEndpointConfig", "CreateEndpoint"])


def test_an_update_preserves_the_live_counts(world: World) -> None:
    before = world.deployed(original())

    made = world.plan(with_variant(original(), ModelName="h2o3-gbm-2019-11-05-09-12-31"))

    assert made["action"] == "update"
    assert made["previousEndpointConfigName"] == before["endpointConfigName"]
    assert steps.change(made) == {
        "EndpointName": "test-endpoint",
        "EndpointConfigName": made["endpointConfigName"],
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
    }
    assert steps.bodies(made, "RegisterScalableTarget") == [], "already registered as requested"


def test_an_update_of_a_serverless_variant_preserves_no_counts(world: World) -> None:
    world.deployed(project.event("deploy_serverless"))

    made = world.plan(project.event("deploy_serverless") | {"kmsKeyId": "alias/models"})

    assert made["action"] == "update"
    assert "RetainAllVariantProperties" not in steps.change(made)


def test_repeating_the_request_changes_nothing(world: World) -> None:
    first = world.deployed(original())

    again = world.plan(original())

    assert again["action"] == "none"
    assert again["steps"] == []
    assert again["previousEndpointConfigName"] is None
    assert again["scaling"] == first["scaling"]


def test_a_request_with_only_new_scaling_changes_only_the_scaling(world: World) -> None:
    world.deployed(original())

    made = world.plan(original(autoscalingMaxCapacity=7))

    assert made["action"] == "none"
    assert [target["MaxCapacity"] for target in steps.bodies(made, "RegisterScalableTarget")] == [7]


def test_a_policy_of_another_name_on_the_same_metric_is_changed(world: World) -> None:
    """Application Auto Scaling allows one target-tracking policy for a metric of a target."""
    world.deployed(original())
    policy = world.autoscaling.policies.pop("test-endpoint-AllTraffic-target-tracking")
    world.autoscaling.policies["by-hand"] = policy | {"PolicyName": "by-hand"}

    tracking = original()["targetTrackingScalingPolicyConfiguration"] | {"TargetValue": 700}
    made = world.plan(original(targetTrackingScalingPolicyConfiguration=tracking))

    assert [policy["PolicyName"] for policy in steps.bodies(made, "PutScalingPolicy")] == ["by-hand"]


def test_external_scaling_stays_with_a_warning_if_the_request_has_none(world: World) -> None:
    world.deployed(original())
    world.autoscaling.policies.clear()

    made = world.plan({name: value for name, value in original().items() if "caling" not in name})

    assert made["steps"] == []
    (warning,) = made["warnings"]
    assert warning.startswith(f"{RESOURCE} stays registered for scaling, 1 to 4")
    assert f"deregister-scalable-target --service-namespace sagemaker --resource-id {RESOURCE}" in warning


def test_the_name_of_an_existing_endpoint_keeps_its_case(world: World) -> None:
    world.sagemaker.add_endpoint("Test-Endpoint")

    made = world.plan(original())

    assert made["endpointName"] == "Test-Endpoint"
    assert steps.change(made)["EndpointName"] == "Test-Endpoint"
    assert steps.bodies(made, "RegisterScalableTarget")[0]["ResourceId"] == "endpoint/Test-Endpoint/variant/AllTraffic"
    assert "Invoke it by that name" in made["warnings"][0]


def test_every_missing_model_is_named(world: World) -> None:
    world.sagemaker.models = set()

    with pytest.raises(ModelNotFound) as raised:
        world.plan(project.event("deploy_two_variants"))

    assert str(raised.value) == (
        "Could not find models h2o3-gbm-2019-10-22-17-57-58, h2o3-gbm-2019-11-05-09-12-31 in this account and Region."
    )


def test_the_event_of_an_unknown_model_names_it(world: World) -> None:
    with pytest.raises(ModelNotFound, match="Could not find model nobody-made-this-model in this account"):
        world.plan(project.event("bad_unknown_model"))


def test_models_of_shadows_and_instance_pools_must_exist(world: World) -> None:
    pool = {"InstanceType": "ml.m5.large", "Priority": 1, "ModelNameOverride": "of-the-pool"}
    request = {
        "endpointName": "e",
        "productionVariants": [{"VariantName": "v", "ModelName": MODEL, "InstancePools": [pool]}],
        "shadowProductionVariants": [
            {"VariantName": "s", "ModelName": "of-the-shadow", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    }

    with pytest.raises(ModelNotFound, match="Could not find models of-the-pool, of-the-shadow"):
        world.plan(request)


def test_the_rollback_of_an_update_is_planned_with_it(world: World) -> None:
    before = world.deployed(original())

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    config_name = before["endpointConfigName"]
    restored, weights = steps.undo(made, "UpdateEndpoint")
    assert restored == {
        "service": "sagemaker",
        "operation": "UpdateEndpoint",
        "request": {
            "EndpointName": "test-endpoint",
            "EndpointConfigName": config_name,
            "RetainAllVariantProperties": True,
            "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        },
        "what": f"endpoint test-endpoint to config {config_name}",
    }
    assert weights["what"] == "weights of endpoint test-endpoint to AllTraffic 1"
    previous = made["previous"]
    assert (previous["endpointConfigName"], previous["weights"]) == (config_name, {"AllTraffic": 1})
    operations = [call["operation"] for call in steps.undo(made, "DeregisterScalableTarget")]
    assert operations == ["RegisterScalableTarget", "PutScalingPolicy"]
    assert before["previous"] is None


def test_the_undo_of_a_creation_deletes_each_resource(world: World) -> None:
    made = world.plan(original())

    assert [(step["operation"], [call["operation"] for call in step["undo"]]) for step in made["steps"]] == [
        ("CreateEndpointConfig", ["DeleteEndpointConfig"]),
        ("CreateEndpoint", ["DeleteEndpoint"]),
        ("RegisterScalableTarget", ["DeregisterScalableTarget"]),
        ("PutScalingPolicy", ["DeleteScalingPolicy"]),
    ]
    (deletion,) = steps.undo(made, "CreateEndpointConfig")
    assert deletion["request"] == {"EndpointConfigName": made["endpointConfigName"]}


def test_without_the_old_config_every_target_is_deregistered(world: World) -> None:
    world.deployed(original())
    world.sagemaker.configs.clear()

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert made["action"] == "update"
    assert [target["ResourceId"] for target in steps.bodies(made, "DeregisterScalableTarget")] == [RESOURCE]


def test_a_step_policy_on_a_target_to_be_deregistered_is_refused(world: World) -> None:
    world.deployed(original())
    policy = {"PolicyName": "wake-up", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {}}
    target = {"ServiceNamespace": "sagemaker", "ResourceId": RESOURCE, "ScalableDimension": DIMENSION}
    world.autoscaling.put_scaling_policy(**target, **policy)

    with pytest.raises(InvalidRequest) as raised:
        world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert "/productionVariants/0: variant AllTraffic must be deregistered from scaling for this" in str(raised.value)
    assert "delete-scaling-policy --service-namespace sagemaker" in str(raised.value)


def test_a_deleted_live_config_is_created_again(world: World) -> None:
    world.deployed(original())
    world.sagemaker.configs.clear()

    made = world.plan(original())

    assert (made["action"], steps.operations(made)) == ("none", ["CreateEndpointConfig"])


def test_an_unexpected_refusal_does_not_count_as_a_missing_endpoint(world: World) -> None:
    world.sagemaker.errors["DescribeEndpoint"] = client_error("ValidationException", "1 validation error detected")

    with pytest.raises(ClientError, match="1 validation error detected"):
        world.plan(original())


@settings(max_examples=60)
@given(deployable())
def test_every_call_of_a_plan_is_valid_for_aws(request: dict[str, Any]) -> None:
    world = World()
    world.sagemaker.models = {variant["ModelName"] for variant in request["productionVariants"]}

    created, updated = world.deployed(request), None
    changed = copy.deepcopy(request) | {"metricsConfig": {"EnableEnhancedMetrics": True}}
    if request.get("metricsConfig") != changed["metricsConfig"]:
        updated = world.plan(changed)

    for made in filter(None, (created, updated)):
        previous = made["previous"]["scaling"] if made["previous"] else []
        for call in [*made["steps"], *(undo for step in made["steps"] for undo in step["undo"]), *previous]:
            require_valid(SESSION.get_service_model(call["service"]), call["operation"], call["request"])
    assert len(json.dumps(created)) < 32_768
    assert world.plan(request)["action"] == "none"


def event_for(request: Any) -> dict[str, Any]:
    return {"request": request, "execution": EXECUTION, "now": EXECUTION["startedAt"]}


def test_the_handler_returns_the_plan_and_counts_the_start(
    app: Callable[[str], ModuleType],
    context: Context,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = app("plan_deployment")
    monkeypatch.setattr(module, "SERVICES", world.services)

    made = module.lambda_handler(event_for(original()), context)

    assert json.loads(json.dumps(made)) == world.plan(original())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (counted,) = (line for line in lines if "_aws" in line)
    assert counted["DeploymentsStarted"] == [1.0]
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Slipway"


@pytest.mark.parametrize(
    ("code", "expected"), [("AccessDeniedException", AccessDenied), ("ThrottlingException", ServiceUnavailable)]
)
def test_the_handler_maps_aws_errors_to_documented_errors(
    app: Callable[[str], ModuleType],
    context: Context,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    expected: type[Exception],
) -> None:
    module = app("plan_deployment")
    monkeypatch.setattr(module, "SERVICES", world.services)
    world.sagemaker.errors["DescribeModel"] = client_error(code, "from AWS", "DescribeModel")

    with pytest.raises(expected, match=f"DescribeModel: {code}: from AWS"):
        module.lambda_handler(event_for(original()), context)


def test_the_live_config_is_compared_without_case(world: World) -> None:
    world.deployed(original())
    endpoint = world.sagemaker.endpoints["test-endpoint"]
    endpoint["EndpointConfigName"] = endpoint["EndpointConfigName"].upper()

    assert world.plan(original())["action"] == "none"
