"""The control surface scripts the outcome of the next operation."""

from typing import Any

import pytest

from support.hosting import Hosting

SOUND = {"endpointName": "e", "operation": "update", "outcome": "rolls_back"}


@pytest.fixture(autouse=True)
def nothing_scripted(hosting: Hosting) -> None:
    hosting.aws.delete("sagemaker/outcomes")


def test_outcomes_are_listed_until_they_are_deleted(hosting: Hosting) -> None:
    timed = {**SOUND, "afterSeconds": 2.5}

    assert hosting.aws.post("sagemaker/outcomes", [SOUND, timed]) == [SOUND, timed]
    assert hosting.aws.get("sagemaker/outcomes") == [SOUND, timed]
    assert hosting.aws.delete("sagemaker/outcomes") == []
    assert hosting.aws.get("sagemaker/outcomes") == []


def test_an_outcome_is_used_once_by_its_operation_on_its_endpoint_in_any_case(hosting: Hosting) -> None:
    hosting.config("scripted-1")
    hosting.script("Scripted", "create", "fails")
    hosting.script("scripted", "update", "rolls_back")
    hosting.script("another", "create", "fails")

    hosting.sagemaker.create_endpoint(EndpointName="scripted", EndpointConfigName="scripted-1")

    hosting.wait("scripted", "Failed")
    left = [(item["endpointName"], item["operation"]) for item in hosting.aws.get("sagemaker/outcomes")]
    assert left == [("scripted", "update"), ("another", "create")]


def test_a_refused_operation_uses_no_outcome(hosting: Hosting) -> None:
    hosting.script("not-there", "update", "fails")

    with pytest.raises(hosting.sagemaker.exceptions.ClientError, match="Could not find endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName="not-there")
    with pytest.raises(hosting.sagemaker.exceptions.ClientError, match="Could not find endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName="not-there", EndpointConfigName="no-such")

    assert len(hosting.aws.get("sagemaker/outcomes")) == 1


def test_a_change_of_weights_uses_no_outcome_of_an_update(hosting: Hosting) -> None:
    hosting.endpoint("weighed")
    hosting.script("weighed", "update", "fails")

    hosting.scale("weighed", 2)

    assert len(hosting.aws.get("sagemaker/outcomes")) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (SOUND, "the body must be a list of outcomes"),
        (["fails"], "/0 is 'fails'; expected an object"),
        (
            [{**SOUND, "after": 1}],
            "/0/after is 1; expected one of the fields afterSeconds, endpointName, inferenceComponentName, operation, "
            "outcome, trainingJobName",
        ),
        ([SOUND, {**SOUND, "endpointName": None}], "/1/endpointName is None; expected the name of an endpoint"),
        ([{**SOUND, "operation": "scale"}], "/0/operation is 'scale'; expected one of create, update, delete, train"),
        (
            [{**SOUND, "operation": "create"}],
            "/0/outcome is 'rolls_back'; expected one of succeeds, fails, never_finishes for create",
        ),
        ([{**SOUND, "afterSeconds": -1}], "/0/afterSeconds is -1; expected a number of seconds, 0 or more"),
        ([{**SOUND, "afterSeconds": True}], "/0/afterSeconds is True; expected a number of seconds, 0 or more"),
    ],
)
def test_an_invalid_outcome_is_refused_with_its_field_and_nothing_is_stored(
    hosting: Hosting, body: Any, message: str
) -> None:
    with pytest.raises(ValueError, match="sagemaker/outcomes") as refusal:
        hosting.aws.post("sagemaker/outcomes", body)

    assert str(refusal.value) == f"POST /_emulator/sagemaker/outcomes: {message}"
    assert hosting.aws.get("sagemaker/outcomes") == []
