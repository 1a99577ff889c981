import copy
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plan_deployment.request.request import parse
from plan_deployment.request.schema import SCHEMA
from shared.errors import InvalidRequest, ProfileInvalid
from shared.planning.validation import schema_faults
from tests.support import project
from tests.unit.plan_deployment.request.reading import MINIMAL, POLICY, SERVERLESS, VARIANT, faults, read, scaled
from tests.unit.plan_deployment.requests import requests

LOAD = {"MetricName": "Load", "Namespace": "Team/Models", "Statistic": "Average"}
METRIC_TYPE = f"{POLICY}/PredefinedMetricSpecification/PredefinedMetricType"

# Faulty fields of each event, with a part of each message.
BAD_EVENTS = {
    "bad_preset_to_zero_on_instances": {
        "/autoscaling/AllTraffic/preset": "a variant on instances cannot scale to zero"
    },
    "bad_schedule_with_numeric_weekdays": {
        "/autoscaling/*/scheduledActions/0/schedule": '"2-6" names days by number: 1 is Sunday'
    },
    "bad_steps_with_a_gap": {
        "/autoscaling/*/policies/0/step/StepAdjustments/1": "leaves a gap after /0, which ends at 100"
    },
    "bad_missing_endpoint_name": {"/endpointName": "is missing"},
    "bad_endpoint_name_with_underscore": {
        "/endpointName": 'letters, digits and hyphens, beginning .* got "test_endpoint"'
    },
    "bad_burstable_instance_scaled": {"/productionVariants/0/InstanceType": "ml.t2.medium cannot be scaled"},
    "bad_min_above_max": {"/autoscalingMinCapacity": "5 is more than autoscalingMaxCapacity, 4"},
    "bad_duplicate_variant_names": {
        "/productionVariants/1/VariantName": '"AllTraffic" is already the name of /productionVariants/0'
    },
    "bad_serverless_with_instance_metric": {
        METRIC_TYPE: "a serverless variant does not publish SageMakerVariantInvocations"
    },
    "bad_serverless_without_provisioned_concurrency_scaled": {
        "/productionVariants/0/ServerlessConfig/ProvisionedConcurrency": "is missing. Without it there is nothing"
    },
    "bad_unknown_field": {"/autoScalingMaxCapacity": 'is unknown here. Did you mean "autoscalingMaxCapacity"?'},
    "bad_unknown_instance_type": {
        "/productionVariants/0/InstanceType": 'got "ml.c5.2xlrge". Did you mean "ml.c5.2xlarge"?'
    },
    "bad_unknown_member_of_variant": {
        "/productionVariants/0/initialVariantWeight": 'unknown here. Did you mean "InitialVariantWeight"?'
    },
    "bad_key_and_volume_on_local_storage": {
        "/kmsKeyId": "does not encrypt the local NVMe storage of ml.g5.xlarge",
        "/productionVariants/0/VolumeSizeInGB": "ml.g5.xlarge has local NVMe storage and supports no other volume",
    },
    "bad_missing_max_capacity": {"/autoscalingMaxCapacity": "is missing, but other fields ask for scaling"},
    "bad_target_value_and_expected_peak": {"/expectedPeakRps": f"gives the same as {POLICY}/TargetValue"},
    "bad_missing_model_name": {"/productionVariants/0/ModelName": "is missing. Name a model that exists"},
    "bad_zero_instances": {"/productionVariants/0/InitialInstanceCount": "expected at least 1, got 0"},
    "bad_no_variants": {"/productionVariants": "expected at least 1 entries, got 0 entries"},
    "bad_thresholds_without_alarms": {
        "/alarmThresholds": 'has no effect unless Slipway creates alarms. Add "alarms": "create", or remove it.'
    },
    "bad_linear_below_a_tenth": {
        "/deploymentConfig/percent": "5 % is outside what SageMaker allows for linear. Give 10 to 50."
    },
    "bad_deployment_in_two_forms": {
        "/deploymentConfig": "mixes the short form .strategy. with SageMaker's .RollingUpdatePolicy.. Keep one form"
    },
    "bad_two_update_policies": {"/deploymentConfig": "has BlueGreenUpdatePolicy and RollingUpdatePolicy. Keep one"},
    "bad_rolling_two_variants": {
        "/deploymentConfig/strategy": "a rolling update takes one variant, shadows included, and there are 2. Choose"
    },
    "bad_serverless_with_guardrails": {
        "/deploymentConfig": "a serverless endpoint does not support deployment guardrails. Remove it.",
        "/alarms": "a serverless endpoint does not support deployment guardrails. Remove it.",
    },
    "bad_component_without_a_copy": {"/inferenceComponents/0/copyCount": "expected at least 1, got 0"},
    "bad_adapter_without_base": {
        "/inferenceComponents/0/Specification/BaseInferenceComponentName": (
            '"llm-that-is-not-here" is not an inference component of the request'
        )
    },
    "bad_many_faults": {
        "/autoscalingMinCapacity": "5 is more than",
        "/deadlineSeconds": "expected at least 600, got 30",
        "/endpointName": 'got "-test"',
        "/onFailure": 'Did you mean "ROLL_BACK"?',
        "/productionVariants/0/InstanceType": "cannot be scaled",
    },
}
# Refused for reasons outside the request's fields; tested in test_plan_deployment.py and test_approval.py.
ELSEWHERE = {"bad_unknown_model", "bad_model_rejected"}


def refusal_of(document: Any) -> str:
    """The message of the refusal; empty if there is none. Other exceptions are not caught."""
    try:
        read(document)
    except InvalidRequest as refusal:
        return str(refusal)
    return ""


def test_every_bad_event_is_in_the_table_or_tested_elsewhere() -> None:
    names = {path.stem for path in (project.ROOT / "events").glob("bad_*.json")}

    assert names == BAD_EVENTS.keys() | ELSEWHERE


@pytest.mark.parametrize("name", sorted(BAD_EVENTS))
def test_a_bad_event_has_exactly_the_faults_in_its_name(name: str) -> None:
    found = faults(project.event(name))

    assert found.keys() == BAD_EVENTS[name].keys()
    for pointer, part in BAD_EVENTS[name].items():
        assert part in found[pointer] or re.search(part, found[pointer])


@pytest.mark.parametrize(
    "name",
    [
        "deploy_asynchronous",
        "deploy_endpoint",
        "deploy_endpoint_historic",
        "deploy_guarded",
        "deploy_minimal",
        "deploy_serverless",
        "deploy_shadow",
        "deploy_two_variants",
    ],
)
def test_a_good_event_is_a_request(name: str) -> None:
    event = project.event(name)

    assert read(event).endpoint_name == event["endpointName"]


def test_the_profile_in_events_is_a_profile() -> None:
    profile = project.event("profile_h2o3-gbm")

    assert parse(profile, subject="p", refusal=ProfileInvalid, is_profile=True).endpoint_name == "h2o3-gbm"


def test_defaults_are_filled_in() -> None:
    request = read(MINIMAL)

    assert (request.on_failure, request.tags, request.model) == ("ROLL_BACK", [], {})
    assert (request.scaling, request.guardrails, request.deadline_seconds) == (None, None, None)
    assert request.warnings == ()


def test_a_retired_accelerator_is_omitted_with_a_warning() -> None:
    request = read(project.event("deploy_endpoint_historic"))

    assert "AcceleratorType" not in request.config["ProductionVariants"][0]
    assert request.warnings == (
        "/productionVariants/0/AcceleratorType is left out: AWS has retired Elastic Inference.",
    )


def test_whole_numbers_with_a_decimal_point_are_integers() -> None:
    request = read(MINIMAL | {"productionVariants": [VARIANT | {"InitialInstanceCount": 2.0}]})

    assert json.dumps(request.config["ProductionVariants"][0]["InitialInstanceCount"]) == "2"


def test_the_policy_of_the_request_is_passed_through_unchanged() -> None:
    event = project.event("deploy_endpoint")

    scaling = scaled(event)

    assert scaling.policies[0]["targetTracking"] == event["targetTrackingScalingPolicyConfiguration"]
    assert (scaling.min_capacity, scaling.max_capacity) == (1, 4)


def test_the_default_policy_tracks_invocations_with_cooldowns_of_60_s_out_and_300_s_in() -> None:
    scaling = scaled(MINIMAL | {"autoscalingMaxCapacity": 4})

    assert scaling.min_capacity == 1
    assert scaling.policies[0]["targetTracking"] == {
        "TargetValue": 5000.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 300,
    }


@pytest.mark.parametrize(
    ("factor", "target"), [({}, 600.0), ({"safetyFactor": 0.7}, 840.0), ({"safetyFactor": 1}, 1200)]
)
def test_an_expected_peak_becomes_a_target_of_peak_times_60_times_safety_factor(
    factor: dict[str, float], target: float
) -> None:
    scaling = scaled(MINIMAL | {"autoscalingMaxCapacity": 4, "expectedPeakRps": 20} | factor)

    assert scaling.policies[0]["targetTracking"]["TargetValue"] == target


def test_a_serverless_variant_is_scaled_by_its_own_metric() -> None:
    scaling = scaled(project.event("deploy_serverless"))

    assert scaling.policies[0]["targetTracking"]["TargetValue"] == 0.5
    assert scaling.policies[0]["targetTracking"]["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
    }


def test_a_customized_metric_replaces_the_default_one() -> None:
    policy = {"TargetValue": 70, "CustomizedMetricSpecification": LOAD}

    scaling = scaled(MINIMAL | {"autoscalingMaxCapacity": 4, POLICY[1:]: policy})

    assert scaling.policies[0]["targetTracking"] == {"ScaleOutCooldown": 60, "ScaleInCooldown": 300} | policy


def test_a_count_outside_the_bounds_is_a_warning() -> None:
    (warning,) = read(project.event("deploy_endpoint") | {"autoscalingMinCapacity": 2}).warnings

    assert warning.startswith("/productionVariants/0/InitialInstanceCount is 1, outside 2 to 4")


def test_an_asynchronous_endpoint_can_scale_to_zero_with_a_warning() -> None:
    customized = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": MINIMAL["endpointName"]}],
        "Statistic": "Average",
    }
    request = MINIMAL | {
        "asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}},
        "autoscalingMinCapacity": 0,
        "autoscalingMaxCapacity": 4,
        POLICY[1:]: {"TargetValue": 5, "CustomizedMetricSpecification": customized},
    }

    assert any("HasBacklogWithoutCapacity" in warning for warning in read(request).warnings)


def test_model_settings_of_a_request_that_names_its_models_are_a_warning() -> None:
    (warning,) = read(MINIMAL | {"model": {"EnableNetworkIsolation": True}}).warnings

    assert warning.startswith("/model has no effect")


CROSS_FIELD_FAULTS = {
    "instances and serverless": (
        {"productionVariants": [VARIANT | {"ServerlessConfig": SERVERLESS["ServerlessConfig"]}]},
        {"/productionVariants/0": "has InstanceType and ServerlessConfig"},
    ),
    "neither instances nor serverless": (
        {"productionVariants": [{"VariantName": "v", "ModelName": "m"}]},
        {"/productionVariants/0": "does not say what the model runs on"},
    ),
    "no count": (
        {"productionVariants": [{k: v for k, v in VARIANT.items() if k != "InitialInstanceCount"}]},
        {"/productionVariants/0/InitialInstanceCount": "is missing"},
    ),
    "count of serverless": (
        {"productionVariants": [SERVERLESS | {"InitialInstanceCount": 1}]},
        {"/productionVariants/0/InitialInstanceCount": "has no effect on a serverless variant"},
    ),
    "more provisioned than allowed": (
        {
            "productionVariants": [
                SERVERLESS
                | {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2, "ProvisionedConcurrency": 3}}
            ]
        },
        {"/productionVariants/0/ServerlessConfig/ProvisionedConcurrency": "3 is more than MaxConcurrency, 2"},
    ),
    "serverless with company": (
        {"productionVariants": [SERVERLESS, VARIANT | {"VariantName": "Other"}]},
        {"/productionVariants": "a serverless endpoint has only one variant"},
    ),
    "serverless with exclusions": (
        {
            "productionVariants": [SERVERLESS],
            "enableNetworkIsolation": True,
            "vpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        },
        {"/enableNetworkIsolation": "does not support network isolation", "/vpcConfig": "a network configuration"},
    ),
    "serverless with what needs instances": (
        {
            "productionVariants": [
                SERVERLESS
                | {
                    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
                    "VolumeSizeInGB": 8,
                    "ContainerStartupHealthCheckTimeoutInSeconds": 600,
                }
            ]
        },
        {
            f"/productionVariants/0/{member}": "is for instances, and this variant is serverless. Remove it."
            for member in ("RoutingConfig", "VolumeSizeInGB", "ContainerStartupHealthCheckTimeoutInSeconds")
        },
    ),
    "two shadows": (
        {"shadowProductionVariants": [VARIANT | {"VariantName": "S1"}, VARIANT | {"VariantName": "S2"}]},
        {"/shadowProductionVariants": "2 shadow and 1 production variants"},
    ),
    "shadow of the same name": (
        {"shadowProductionVariants": [VARIANT]},
        {"/shadowProductionVariants/0/VariantName": '"AllTraffic" is already the name of /productionVariants/0'},
    ),
    "managed instances": (
        {"productionVariants": [VARIANT | {"ManagedInstanceScaling": {"Status": "ENABLED"}}]},
        {"/productionVariants/0/ManagedInstanceScaling": "is only for endpoints of inference components"},
    ),
    "reserved and repeated tags": (
        {"tags": [{"Key": "slipway:x", "Value": ""}, {"Key": "a", "Value": ""}, {"Key": "a", "Value": "1"}]},
        {"/tags/0/Key": '"slipway:x" is reserved', "/tags/2/Key": '"a" occurs twice'},
    ),
    "tags that with Slipway's are more than the 50 of an endpoint config": (
        {"tags": [{"Key": f"k{number}", "Value": ""} for number in range(48)]},
        {"/tags": "at most 47 entries"},
    ),
    "characters that tags do not take": (
        {"tags": [{"Key": "tëam", "Value": "5 €"}, {"Key": "a\u00d7b", "Value": "\U0001f600"}]},
        {
            "/tags/0/Value": 'contains "€"; a tag can contain letters, digits, spaces and _ . : / = + - @. Remove the',
            "/tags/1/Key": 'contains "\u00d7"; a tag can contain',
            "/tags/1/Value": 'contains "\U0001f600"; a tag can contain',
        },
    ),
    "a removal": (
        {"confirm": "e", "deleteRecords": True},
        {
            "/confirm": "is a field of a removal. For a removal, start the state machine in the stack output "
            "RemoveEndpointStateMachineArn.",
            "/deleteRecords": "is a field of a removal.",
        },
    ),
    "no instances": (
        {"autoscalingMinCapacity": 0, "autoscalingMaxCapacity": 1},
        {"/autoscalingMinCapacity": "only an asynchronous endpoint can scale to 0 instances"},
    ),
    "burstable pool": (
        {
            "productionVariants": [
                {
                    "VariantName": "v",
                    "ModelName": "m",
                    "InstancePools": [{"InstanceType": "ml.t2.large", "Priority": 1}],
                }
            ],
            "autoscalingMaxCapacity": 2,
        },
        {"/productionVariants/0/InstancePools/0/InstanceType": "ml.t2.large cannot be scaled"},
    ),
    "more than serverless allows": (
        {"productionVariants": [SERVERLESS], "autoscalingMaxCapacity": 21},
        {"/autoscalingMaxCapacity": "21 is more provisioned concurrency than the variant's MaxConcurrency, 20"},
    ),
    "serverless metric on instances": (
        {
            "autoscalingMaxCapacity": 2,
            POLICY[1:]: {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
                }
            },
        },
        {METRIC_TYPE: "a variant on instances does not publish SageMakerVariantProvisionedConcurrencyUtilization"},
    ),
    "asynchronous without its metric": (
        {"asyncInferenceConfig": {"OutputConfig": {}}, "autoscalingMaxCapacity": 2},
        {METRIC_TYPE: "an asynchronous endpoint does not publish SageMakerVariantInvocationsPerInstance"},
    ),
    "two metrics": (
        {
            "autoscalingMaxCapacity": 2,
            POLICY[1:]: {
                "TargetValue": 1,
                "CustomizedMetricSpecification": LOAD,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            },
        },
        {POLICY: "has CustomizedMetricSpecification and PredefinedMetricSpecification"},
    ),
    "metric without target": (
        {"autoscalingMaxCapacity": 2, POLICY[1:]: {"CustomizedMetricSpecification": LOAD}},
        {f"{POLICY}/TargetValue": "is missing"},
    ),
    "peak of another metric": (
        {
            "autoscalingMaxCapacity": 2,
            "expectedPeakRps": 5,
            POLICY[1:]: {"CustomizedMetricSpecification": LOAD},
        },
        {"/expectedPeakRps": "is a number of invocations"},
    ),
    "factor of nothing": (
        {"autoscalingMaxCapacity": 2, "safetyFactor": 0.5},
        {"/safetyFactor": "has no effect without expectedPeakRps"},
    ),
    "utilization above 1": (
        {"productionVariants": [SERVERLESS], "autoscalingMaxCapacity": 2, POLICY[1:]: {"TargetValue": 70}},
        {f"{POLICY}/TargetValue": "70 is not between 0 and 1: the metric is a utilization"},
    ),
}


@pytest.mark.parametrize("case", sorted(CROSS_FIELD_FAULTS))
def test_incompatible_fields_are_refused(case: str) -> None:
    changes, expected = CROSS_FIELD_FAULTS[case]

    found = faults(MINIMAL | changes)

    assert found.keys() == expected.keys()
    for pointer, part in expected.items():
        assert part in found[pointer]


def test_schema_faults_neither_hide_nor_cause_faults_across_fields() -> None:
    request = {
        "endpointName": "under_score",
        "productionVariants": [VARIANT | {"InstanceType": 5}, "text", VARIANT],
        "autoscalingMinCapacity": "one",
        "autoscalingMaxCapacity": 3,
        "targetTrackingScalingPolicyConfiguration": {"TargetValue": -1, "PredefinedMetricSpecification": None},
    }

    assert faults(request).keys() == {
        "/endpointName",
        "/productionVariants/0/InstanceType",
        "/productionVariants/1",
        "/productionVariants/2/VariantName",
        "/autoscalingMinCapacity",
        f"{POLICY}/TargetValue",
        f"{POLICY}/PredefinedMetricSpecification",
    }


@pytest.mark.parametrize("document", ["text", 7, None, [], True])
def test_a_document_that_is_not_an_object_is_refused(document: Any) -> None:
    assert faults(document) == {
        "(the whole)": f"expected an object, got {'a list' if document == [] else json.dumps(document)}. Correct it."
    }


def test_a_profile_omits_a_model_name() -> None:
    assert faults(MINIMAL, is_profile=True) == {
        "/productionVariants": "every variant names its model, so none gets the approved one. Remove a ModelName."
    }


def test_environment_variables_are_never_in_the_message() -> None:
    container = {"Environment": {"TOKEN": 12345, "1BAD": "s3cr3t"}}

    with pytest.raises(InvalidRequest) as raised:
        read(MINIMAL | {"model": {"PrimaryContainer": container}})

    assert "12345" not in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_a_message_stays_readable_with_any_number_of_faults() -> None:
    with pytest.raises(InvalidRequest) as raised:
        read({f"unknown{'x' * 50}{n}": n for n in range(1000)})

    message = str(raised.value)
    assert message.startswith("The request has 1002 faults:")
    assert re.search(r"\n- and \d+ more$", message)
    assert len(message) < 4000


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(MINIMAL | {"endpointName": "_" * 100_000})

    assert len(str(raised.value)) < 1000


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=50)
@given(requests())
def test_a_document_that_the_schema_accepts_is_a_request_or_refused_with_a_message(document: dict[str, Any]) -> None:
    assert schema_faults(document, SCHEMA) == []
    before = copy.deepcopy(document)

    assert re.match("The request has [0-9]+ fault|$", refusal_of(document))

    assert document == before, "the request is not changed by reading it"


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=100)
@given(st.data())
def test_any_document_is_a_request_or_refused(data: st.DataObject) -> None:
    """Any content of a field results in a list of faults, never in a stack trace."""
    document = copy.deepcopy(project.event("deploy_endpoint")) | {"tags": [{"Key": "a", "Value": "b"}]}
    junk = st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just([]), st.just({}), st.just([None])
    )
    for field in data.draw(st.sets(st.sampled_from(sorted(document)), min_size=1)):
        document[field] = data.draw(junk)
    if isinstance(document["productionVariants"], list) and document["productionVariants"]:
        for member in data.draw(
            st.sets(st.sampled_from(["VariantName", "InstanceType", "ServerlessConfig", "InstancePools"]))
        ):
            if isinstance(document["productionVariants"][0], dict):
                document["productionVariants"][0][member] = data.draw(junk)

    assert re.match("The request has [0-9]+ fault|$", refusal_of(document))
