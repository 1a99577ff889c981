"""Which requests to remove an endpoint are valid, and what is said of the others."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plan_removal.request import SCHEMA, Request, parse
from shared.errors import InvalidRequest
from shared.planning.validation import schema_faults
from tests.support import project

CONFIRMED = {"endpointName": "e", "confirm": "e"}


def refusal(document: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        parse(document)
    return str(raised.value).splitlines()


def test_it_is_a_valid_schema_whose_fields_all_say_what_they_are() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for field, member in SCHEMA["properties"].items():
        assert {"title", "description", "examples"} <= member.keys(), field
        for value in [*member["examples"], *([member["default"]] if "default" in member else [])]:
            assert schema_faults({"endpointName": "e", field: value}, SCHEMA) == []


def test_what_is_left_out_has_its_default() -> None:
    assert parse(CONFIRMED) == Request("e", False, "FAIL", 3600, False, None)


def test_the_example_is_a_valid_request() -> None:
    assert parse(project.event("remove_endpoint")).endpoint_name == "test-endpoint"


def test_a_dry_run_needs_no_confirmation() -> None:
    assert parse({"endpointName": "e", "dryRun": True}).dry_run


def test_a_missing_confirmation_is_a_fault_that_says_what_to_do() -> None:
    assert refusal({"endpointName": "e"}) == [
        "The request has 1 fault:",
        "- /confirm: is missing. Repeat the endpoint's name there, because requests to a removed endpoint fail. To "
        'see first what would be deleted, add "dryRun": true.',
    ]


@pytest.mark.parametrize("confirm", ["E", "e ", "f", ""])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_confirmation_of_anything_but_the_very_name_is_a_fault(confirm: str, dry_run: bool) -> None:
    _, fault = refusal(CONFIRMED | {"confirm": confirm, "dryRun": dry_run})

    assert fault.startswith(f'- /confirm: expected "e", as in /endpointName, got "{confirm}".')


@pytest.mark.parametrize("name", ["deploy_minimal", "roll_back"])
def test_a_deployment_is_refused_with_the_machine_that_it_is_for_and_no_word_of_a_confirmation(name: str) -> None:
    found = refusal(project.event(name))

    assert "/confirm" not in "".join(found)
    assert any(
        line.endswith(
            "is a field of a deployment. For a deployment, start the state machine in the stack output "
            "DeployEndpointStateMachineArn."
        )
        for line in found
    )


def test_all_faults_are_named_at_once() -> None:
    document = {"endpointName": "-", "confirm": 7, "deadlineSeconds": 1, "whenBusy": "PERHAPS", "force": True}

    assert [line.split(":")[0] for line in refusal(document)] == [
        "The request has 5 faults",
        "- /confirm",
        "- /deadlineSeconds",
        "- /endpointName",
        "- /force",
        "- /whenBusy",
    ]


def test_nothing_at_all_misses_the_name_and_its_confirmation() -> None:
    assert [line.split(":")[0] for line in refusal({})] == [
        "The request has 2 faults",
        "- /confirm",
        "- /endpointName",
    ]


@pytest.mark.parametrize("document", [None, [], "e", 7])
def test_what_is_no_object_is_one_fault(document: Any) -> None:
    assert refusal(document)[0] == "The request has 1 fault:"
