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
from tests.support import project
from tests.unit.conftest import EXECUTION, EXECUTION_ARN, Context
from tests.unit.fakes import (
    SESSION,
    client_error,
    require_valid,
)
from tests.unit.plan_deployment.strategies import deployable
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

    name = made["endpointConfig"]["name"]
    variant = original()["productionVariants"][0]
    assert made["action"] == "create"
    content_tag = made["endpointConfig"]["request"]["Tags"].pop()
    assert made["endpointConfig"] == {
        "name": name,
        "exists": False,
        "request": {"EndpointConfigName": name, "ProductionVariants": [variant], "Tags": [EXECUTION_TAG, ENDPOINT_TAG]},
    }
    assert content_tag["Key"] == "slipway:content"
    assert made["endpoint"]["request"] == {
        "EndpointName": "test-endpoint",
        "EndpointConfigName": name,
        "Tags": [EXECUTION_TAG],
    }
    assert made["scaling"]["targets"] == [
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": RESOURCE,
            "ScalableDimension": DIMENSION,
            "MinCapacity": 1,
            "MaxCapacity": 4,
        }
    ]
    assert made["scaling"]["policies"] == [
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
    assert (made["onFailure"], made["firstLookSeconds"], made["model"]) == ("ROLL_BACK", 120, None)
    assert (made["modelNames"], made["trigger"], made["warnings"]) == ([MODEL], {"kind": "request"}, [])


def test_planning_changes_nothing(world: World) -> None:
    world.deployed(original())
    world.sagemaker.calls.clear()
    world.autoscaling.calls.clear()

    world.plan(with_variant(original(), InstanceType="ml.c5.2xlarge", VolumeSizeInGB=10))

    assert world.sagemaker.made() + world.autoscaling.made() == []


def test_the_same_request_has_the_same_names_whatever_the_order_of_its_fields(world: World) -> None:
    request = original()
    reordered = dict(reversed(request.items())) | {
        "productionVariants": [dict(reversed(request["productionVariants"][0].items()))]
    }

    assert world.plan(reordered)["endpointConfig"]["name"] == world.plan(request)["endpointConfig"]["name"]


def test_tags_are_on_everything_and_leave_the_names_alone(world: World) -> None:
    tag = {"Key": "team", "Value": "churn"}

    made = world.plan(original(tags=[tag]))

    assert made["endpointConfig"]["request"]["Tags"][:-1] == [tag, EXECUTION_TAG, ENDPOINT_TAG]
    assert made["endpoint"]["request"]["Tags"] == [tag, EXECUTION_TAG]
    assert made["endpointConfig"]["name"] == world.plan(original())["endpointConfig"]["name"]


def test_every_variant_gets_its_target_and_policy(world: World) -> None:
    scaling = world.plan(project.event("deploy_two_variants"))["scaling"]

    resources = ["endpoint/two-variants/variant/Champion", "endpoint/two-variants/variant/Challenger"]
    assert [target["ResourceId"] for target in scaling["targets"]] == resources
    assert [policy["ResourceId"] for policy in scaling["policies"]] == resources
    assert [policy["PolicyName"] for policy in scaling["policies"]] == [
        "two-variants-Champion-target-tracking",
        "two-variants-Challenger-target-tracking",
    ]
    assert {line["targetValue"] for line in scaling["summary"]} == {600}


def test_a_serverless_variant_is_scaled_in_its_own_dimension_and_looked_at_sooner(world: World) -> None:
    made = world.plan(project.event("deploy_serverless"))

    assert made["firstLookSeconds"] == 60
    assert [target["ScalableDimension"] for target in made["scaling"]["targets"]] == [
        "sagemaker:variant:DesiredProvisionedConcurrency"
    ]


def test_a_request_without_fields_of_scaling_registers_none(world: World) -> None:
    assert world.plan(project.event("deploy_minimal"))["scaling"] == {
        "targets": [],
        "policies": [],
        "scheduledActions": [],
        "summary": [],
        "deregister": [],
        "remove": {"policies": [], "targets": []},
        "snapshot": {"targets": [], "policies": [], "scheduledActions": []},
    }


def test_an_endpoint_that_serves_something_else_is_updated_with_its_live_counts_kept(world: World) -> None:
    before = world.deployed(original())

    made = world.plan(with_variant(original(), ModelName="h2o3-gbm-2019-11-05-09-12-31"))

    assert made["action"] == "update"
    assert made["previousEndpointConfigName"] == before["endpointConfig"]["name"]
    assert made["endpoint"]["request"] == {
        "EndpointName": "test-endpoint",
        "EndpointConfigName": made["endpointConfig"]["name"],
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
    }
    assert made["scaling"]["targets"] == [], "what is registered as asked is not registered again"


def test_a_serverless_variant_has_no_live_count_to_keep(world: World) -> None:
    world.deployed(project.event("deploy_serverless"))

    made = world.plan(project.event("deploy_serverless") | {"kmsKeyId": "alias/models"})

    assert made["action"] == "update"
    assert "RetainAllVariantProperties" not in made["endpoint"]["request"]


def test_the_same_request_again_changes_nothing(world: World) -> None:
    first = world.deployed(original())

    again = world.plan(original())

    assert again["action"] == "none"
    assert again["endpoint"]["request"] == {}
    assert again["endpointConfig"]["exists"] is True
    assert again["previousEndpointConfigName"] is None
    assert (again["scaling"]["targets"], again["scaling"]["policies"]) == ([], [])
    assert again["scaling"]["summary"] == first["scaling"]["summary"]


def test_other_scaling_of_the_same_config_is_all_that_is_done(world: World) -> None:
    world.deployed(original())

    made = world.plan(original(autoscalingMaxCapacity=7))

    assert made["action"] == "none"
    assert [target["MaxCapacity"] for target in made["scaling"]["targets"]] == [7]


def test_a_policy_of_another_name_on_the_same_metric_is_changed_in_place(world: World) -> None:
    """Application Auto Scaling allows one target-tracking policy for a metric of a target."""
    world.deployed(original())
    policy = world.autoscaling.policies.pop("test-endpoint-AllTraffic-target-tracking")
    world.autoscaling.policies["by-hand"] = policy | {"PolicyName": "by-hand"}

    made = world.plan(original(autoscalingMaxCapacity=7))

    assert [policy["PolicyName"] for policy in made["scaling"]["policies"]] == ["by-hand"]


def test_what_others_registered_stays_and_is_mentioned_where_the_request_asks_for_no_scaling(world: World) -> None:
    world.deployed(original())
    world.autoscaling.policies.clear()

    made = world.plan({name: value for name, value in original().items() if "caling" not in name})

    assert (made["scaling"]["targets"], made["scaling"]["remove"]) == ([], {"policies": [], "targets": []})
    (warning,) = made["warnings"]
    assert warning.startswith(f"{RESOURCE} stays registered for scaling, 1 to 4")
    assert f"deregister-scalable-target --service-namespace sagemaker --resource-id {RESOURCE}" in warning


def test_the_name_of_an_existing_endpoint_keeps_its_case(world: World) -> None:
    world.sagemaker.add_endpoint("Test-Endpoint")

    made = world.plan(original())

    assert made["endpointName"] == "Test-Endpoint"
    assert made["endpoint"]["request"]["EndpointName"] == "Test-Endpoint"
    assert made["scaling"]["targets"][0]["ResourceId"] == "endpoint/Test-Endpoint/variant/AllTraffic"
    assert "invoke it by that name" in made["warnings"][0]


def test_models_that_do_not_exist_are_all_named(world: World) -> None:
    world.sagemaker.models = set()

    with pytest.raises(ModelNotFound) as raised:
        world.plan(project.event("deploy_two_variants"))

    assert str(raised.value) == (
        "Could not find models h2o3-gbm-2019-10-22-17-57-58, h2o3-gbm-2019-11-05-09-12-31 in this account and Region."
    )


def test_the_bad_event_of_an_unknown_model_is_that(world: World) -> None:
    with pytest.raises(ModelNotFound, match="Could not find model nobody-made-this-model in this account"):
        world.plan(project.event("bad_unknown_model"))


def test_models_of_shadows_and_instance_pools_must_exist_too(world: World) -> None:
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


def test_the_way_back_is_planned_with_the_way_there(world: World) -> None:
    before = world.deployed(original())

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    config_name = before["endpointConfig"]["name"]
    assert made["previous"] == {
        "endpointConfigName": config_name,
        "updateRequest": {
            "EndpointName": "test-endpoint",
            "EndpointConfigName": config_name,
            "RetainAllVariantProperties": True,
            "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        },
        "weights": {"AllTraffic": 1},
    }
    assert before["previous"] is None


def test_where_the_old_config_is_gone_every_target_may_be_in_the_way(world: World) -> None:
    world.deployed(original())
    world.sagemaker.configs.clear()

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert made["action"] == "update"
    assert [target["ResourceId"] for target in made["scaling"]["deregister"]] == [RESOURCE]


def test_a_step_policy_in_the_way_is_refused_with_its_remedy(world: World) -> None:
    world.deployed(original())
    steps = {"PolicyName": "wake-up", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {}}
    target = {"ServiceNamespace": "sagemaker", "ResourceId": RESOURCE, "ScalableDimension": DIMENSION}
    world.autoscaling.put_scaling_policy(**target, **steps)

    with pytest.raises(InvalidRequest) as raised:
        world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert "/productionVariants/0: variant AllTraffic must be deregistered from scaling for this" in str(raised.value)
    assert "delete-scaling-policy --service-namespace sagemaker" in str(raised.value)


def test_a_config_that_was_deleted_under_its_endpoint_is_made_anew(world: World) -> None:
    world.deployed(original())
    world.sagemaker.configs.clear()

    made = world.plan(original())

    assert (made["action"], made["endpointConfig"]["exists"]) == ("none", False)


def test_an_unexpected_refusal_is_no_absence(world: World) -> None:
    world.sagemaker.errors["DescribeEndpoint"] = client_error("ValidationException", "1 validation error detected")

    with pytest.raises(ClientError, match="1 validation error detected"):
        world.plan(original())


@settings(max_examples=60)
@given(deployable())
def test_every_body_of_a_plan_is_one_that_aws_takes(request: dict[str, Any]) -> None:
    world = World()
    world.sagemaker.models = {variant["ModelName"] for variant in request["productionVariants"]}

    created, updated = world.deployed(request), None
    changed = copy.deepcopy(request) | {"metricsConfig": {"EnableEnhancedMetrics": True}}
    if request.get("metricsConfig") != changed["metricsConfig"]:
        updated = world.plan(changed)

    sagemaker = SESSION.get_service_model("sagemaker")
    autoscaling = SESSION.get_service_model("application-autoscaling")
    require_valid(sagemaker, "CreateEndpointConfig", created["endpointConfig"]["request"])
    require_valid(sagemaker, "CreateEndpoint", created["endpoint"]["request"])
    for target in created["scaling"]["targets"]:
        require_valid(autoscaling, "RegisterScalableTarget", target)
    for policy in created["scaling"]["policies"]:
        require_valid(autoscaling, "PutScalingPolicy", policy)
    if updated:
        require_valid(sagemaker, "UpdateEndpoint", updated["endpoint"]["request"])
        require_valid(sagemaker, "UpdateEndpoint", updated["previous"]["updateRequest"])
        for target in updated["scaling"]["snapshot"]["targets"]:
            require_valid(autoscaling, "RegisterScalableTarget", target)
        for policy in updated["scaling"]["snapshot"]["policies"]:
            require_valid(autoscaling, "PutScalingPolicy", policy)
    assert len(json.dumps(created)) < 32_768
    assert world.plan(request)["action"] == "none"


def event_for(request: Any) -> dict[str, Any]:
    return {"request": request, "execution": EXECUTION, "now": EXECUTION["startedAt"]}


def test_the_doorway_answers_with_the_plan_and_counts_the_start(
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
    ("code", "ending"), [("AccessDeniedException", AccessDenied), ("ThrottlingException", ServiceUnavailable)]
)
def test_the_doorway_names_what_aws_refuses(
    app: Callable[[str], ModuleType],
    context: Context,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    ending: type[Exception],
) -> None:
    module = app("plan_deployment")
    monkeypatch.setattr(module, "SERVICES", world.services)
    world.sagemaker.errors["DescribeModel"] = client_error(code, "said AWS", "DescribeModel")

    with pytest.raises(ending, match=f"DescribeModel: {code}: said AWS"):
        module.lambda_handler(event_for(original()), context)


def test_the_config_that_serves_is_known_whatever_the_case_of_its_name(world: World) -> None:
    world.deployed(original())
    endpoint = world.sagemaker.endpoints["test-endpoint"]
    endpoint["EndpointConfigName"] = endpoint["EndpointConfigName"].upper()

    assert world.plan(original())["action"] == "none"
