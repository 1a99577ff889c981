"""asl-validator accepts the state machines and finds seeded mistakes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.crosscheck import node
from tests.support import project

States = dict[str, dict[str, Any]]


def dangling(states: States) -> None:
    states["Create endpoint config"]["Next"] = "Nowhere"


def unreachable(states: States) -> None:
    states["Orphan"] = {"Type": "Pass", "End": True}


def without_way_out(states: States) -> None:
    del states["Register scaling"]["Next"]


def twice_the_same_name(states: States) -> None:
    states["Prepare endpoint"]["Next"] = "Notify success"
    states["Notify success"] = {"Type": "Pass", "End": True}


def unparsable_argument(states: States) -> None:
    states["Create endpoint config"]["Arguments"] = "{% $plan.( %}"


def unparsable_condition(states: States) -> None:
    states["What happens to the endpoint?"]["Choices"][0]["Condition"] = "{% $count($plan.steps) > %}"


def unparsable_variable(states: States) -> None:
    states["Check endpoint"]["Assign"]["endpoint"] = "{% 'unfinished %}"


def misspelt_field(states: States) -> None:
    states["Create endpoint config"]["TimeoutSecond"] = 60


def field_of_jsonpath(states: States) -> None:
    states["Create endpoint config"]["ResultPath"] = "$.model"


def retrier_without_errors(states: States) -> None:
    del states["Create endpoint config"]["Retry"][0]["ErrorEquals"]


MISTAKES = {
    dangling: "MISSING_TRANSITION_TARGET: Missing 'StartAt'|'Next'|'Default' target: Nowhere",
    unreachable: "MISSING_TRANSITION_TARGET: State Orphan is not reachable",
    without_way_out: 'TERMINAL_STATE_WITH_NEXT: State "Register scaling" MUST contain exactly one of "End", "Next"',
    twice_the_same_name: "DUPLICATE_STATE_NAMES: A state with this name already exists: Notify success",
    unparsable_argument: "Create endpoint config/Arguments is invalid",
    unparsable_condition: "What happens to the endpoint?/Choices/0/Condition is invalid",
    unparsable_variable: "Check endpoint/Assign/endpoint is invalid",
    misspelt_field: "Create endpoint config is invalid",
    field_of_jsonpath: "Create endpoint config is invalid",
    retrier_without_errors: "Create endpoint config/Retry/0 is invalid. must have required property 'ErrorEquals'",
}


def seeded(mistake: Callable[[States], None]) -> dict[str, Any]:
    """The deploy state machine with a mistake in its try block."""
    definition = copy.deepcopy(project.definition())
    (branch,) = definition["States"]["Try deployment"]["Branches"]
    mistake(branch["States"])
    return definition


@pytest.fixture(scope="module")
def findings() -> dict[Callable[[States], None] | str, list[str]]:
    """Findings for each state machine, and for the deploy state machine with each mistake."""
    definitions = [*map(project.definition, project.MACHINES), *map(seeded, MISTAKES)]
    return dict(zip([*project.MACHINES, *MISTAKES], node.run("validate.cjs", definitions), strict=True))


@pytest.mark.parametrize("machine", project.MACHINES)
def test_the_validator_accepts_the_state_machine(findings: dict[Any, list[str]], machine: str) -> None:
    assert findings[machine] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_validator_finds_the_seeded_mistake(findings: dict[Any, list[str]], mistake: Callable[..., None]) -> None:
    assert any(MISTAKES[mistake] in finding for finding in findings[mistake]), findings[mistake]
