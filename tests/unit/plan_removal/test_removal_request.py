"""Requests to remove an endpoint, and their faults."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plan_removal.request import Request, parse
from plan_removal.rules import SCHEMA
from shared.errors import InvalidRequest
from shared.planning.validation import schema_faults
from tests.support import project

CONFIRMED = {"endpointName": "e", "confirm": "e"}


def refusal(document: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        parse(document)
    return str(raised.value).splitlines()


def test_every_field_of_the_schema_has_title_description_and_examples() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for field, member in SCHEMA["properties"].items():
        assert {"title", "description", "examples"} <= member.keys(), field
        for value in [*member["examples"], *([member["default"]] if "default" in member else [])]:
            assert schema_faults({"endpointName": "e", field: value}, SCHEMA) == []


def test_omitted_fields_have_their_defaults() -> None:
    assert parse(CONFIRMED) == Request("e", False, "FAIL", 3600, False, None)


def test_the_example_is_a_valid_request() -> None:
    assert parse(project.event("remove_endpoint")).endpoint_name == "test-endpoint"


def test_a_dry_run_needs_no_confirmation() -> None:
    assert parse({"endpointName": "e", "dryRun": True}).dry_run


def test_a_missing_confirmation_is_a_fault_with_a_remedy() -> None:
    assert refusal({"endpointName": "e"}) == [
        "The request has 1 fault:",
        "- /confirm: is missing. Repeat the endpoint's name there, because requests to a removed endpoint fail. To "
        'see first what would be deleted, add "dryRun": true.',
    ]


@pytest.mark.parametrize("confirm", ["E", "e ", "f", ""])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_confirmation_of_another_name_is_a_fault(confirm: str, dry_run: bool) -> None:
    _, fault = refusal(CONFIRMED | {"confirm": confirm, "dryRun": dry_run})

    assert fault.startswith(f'- /confirm: expected "e", as in /endpointName, got "{confirm}".')


@pytest.mark.parametrize("name", ["deploy_minimal", "roll_back"])
def test_a_request_for_a_deployment_is_refused_with_its_state_machine(name: str) -> None:
    found = refusal(project.event(name))

    assert "/confirm" not in "".join(found)
    assert any(
        line.endswith(
            "is a field of a deployment. For a deployment, start the state machine in the stack output "
            "DeployEndpointStateMachineArn."
        )
        for line in found
    )


def test_all_faults_are_reported_at_once() -> None:
    document = {"endpointName": "-", "confirm": 7, "deadlineSeconds": 1, "whenBusy": "PERHAPS", "force": True}

    assert [line.split(":")[0] for line in refusal(document)] == [
        "The request has 5 faults",
        "- /confirm",
        "- /deadlineSeconds",
        "- /endpointName",
        "- /force",
        "- /whenBusy",
    ]


def test_an_empty_request_lacks_name_and_confirmation() -> None:
    assert [line.split(":")[0] for line in refusal({})] == [
        "The request has 2 faults",
        "- /confirm",
        "- /endpointName",
    ]


@pytest.mark.parametrize("document", [None, [], "e", 7])
def test_a_document_that_is_not_an_object_is_one_fault(document: Any) -> None:
    assert refusal(document)[0] == "The request has 1 fault:"
