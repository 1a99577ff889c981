"""Requests are checked against the API model, with AWS's messages."""

from typing import Any

import pytest
from moto.core.utils import get_service_model

from local_aws.core.constraints import ConstraintError, SerializationError, check, python_pattern

NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def message(service: str, operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(ConstraintError) as refusal:
        check(service, operation, request)
    assert refusal.value.code == "ValidationException"
    return str(refusal.value.message)


def endpoint(**changes: Any) -> dict[str, Any]:
    return {"EndpointName": "an-endpoint", "EndpointConfigName": "a-config", **changes}


def test_a_valid_request_is_accepted() -> None:
    check("sagemaker", "CreateEndpoint", endpoint(Tags=[{"Key": "Größe: 1/2", "Value": ""}]))


def test_a_missing_member_must_not_be_null() -> None:
    assert message("sagemaker", "CreateEndpoint", {"EndpointName": "an-endpoint"}) == (
        "1 validation error detected: Value null at 'endpointConfigName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_every_violation_is_reported() -> None:
    name = "x" * 64

    assert message("sagemaker", "CreateEndpoint", endpoint(EndpointName=name, EndpointConfigName="a_b")) == (
        f"3 validation errors detected: Value '{name}' at 'endpointName' failed to satisfy constraint: "
        "Member must have length less than or equal to 63; "
        f"Value '{name}' at 'endpointName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME_PATTERN}; "
        "Value 'a_b' at 'endpointConfigName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
    )


@pytest.mark.parametrize("name", ["-a", "a-", "a_b", "ä", "a\n", ""])
def test_a_pattern_must_match_the_whole_value(name: str) -> None:
    assert "Member must satisfy regular expression pattern" in message(
        "sagemaker", "CreateEndpoint", endpoint(EndpointName=name)
    )


def test_members_of_lists_are_numbered_from_one() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "b"}]

    assert message("sagemaker", "CreateEndpoint", endpoint(Tags=tags)) == (
        "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_an_enum_violation_lists_the_values() -> None:
    request = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/e/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "PolicyName": "p",
        "StepScalingPolicyConfiguration": {"AdjustmentType": "Double"},
    }

    assert message("application-autoscaling", "PutScalingPolicy", request) == (
        "1 validation error detected: Value 'Double' at 'stepScalingPolicyConfiguration.adjustmentType' failed to "
        "satisfy constraint: Member must satisfy enum value set: "
        "[ChangeInCapacity, PercentChangeInCapacity, ExactCapacity]"
    )


def test_keys_and_values_of_maps_are_checked() -> None:
    container = {"Image": "image", "Environment": {"1st": "value"}}

    assert message("sagemaker", "CreateModel", {"ModelName": "m", "PrimaryContainer": container}) == (
        "1 validation error detected: Value '{\"1st\": \"value\"}' at 'primaryContainer.environment' failed to satisfy "
        "constraint: Map keys must satisfy constraint: "
        "[Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]"
    )


@pytest.mark.parametrize(
    ("request_body", "told"),
    [
        ({"EndpointName": 1, "EndpointConfigName": "a"}, "1 can not be converted to string (EndpointName)"),
        (endpoint(Tags={"a": "b"}), '{"a": "b"} can not be converted to list (TagList)'),
        (endpoint(RetainAllVariantProperties="true"), '"true" can not be converted to boolean (Boolean)'),
    ],
)
def test_a_value_of_the_wrong_type_is_not_deserialized(request_body: dict[str, Any], told: str) -> None:
    operation = "UpdateEndpoint" if "RetainAllVariantProperties" in request_body else "CreateEndpoint"

    with pytest.raises(SerializationError) as refusal:
        check("sagemaker", operation, request_body)

    assert (refusal.value.code, refusal.value.message) == ("SerializationException", told)


@pytest.mark.parametrize("count", [2**31, 10**20])
def test_an_integer_beyond_32_bits_is_refused(count: int) -> None:
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": count}

    with pytest.raises(SerializationError) as refusal:
        check("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]})

    assert refusal.value.message == f"{count} can not be converted to integer (InitialTaskCount)"


@pytest.mark.parametrize("value", ["5 €", "a\tb", "a!", "(a)", "it's"])
def test_a_tag_can_have_letters_numbers_separators_and_seven_signs(value: str) -> None:
    assert "Member must satisfy regular expression pattern: ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)" in message(
        "sagemaker", "CreateEndpoint", endpoint(Tags=[{"Key": "team", "Value": value}])
    )


@pytest.mark.parametrize("service", ["sagemaker", "application-autoscaling"])
def test_every_pattern_of_the_checked_services_is_translated(service: str) -> None:
    model = get_service_model(service)
    patterns = {shape.metadata.get("pattern") for shape in map(model.shape_for, model.shape_names)} - {None}

    understood = [python_pattern(pattern) for pattern in patterns]

    assert len(understood) == len(patterns) > 0
