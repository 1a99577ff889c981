"""The emulator's JSONata matches the JavaScript reference on every expression of the state machines."""

import json
from typing import Any

import pytest

from local_aws.offline import QueryEvaluationError, evaluate
from tests.crosscheck import node
from tests.crosscheck.jsonata_cases import BINDINGS, FAILS, GENERAL, OF_STEP_FUNCTIONS, UNDEFINED
from tests.crosscheck.recording import Evaluation, all_expressions, evaluations
from tests.support import project
from tests.support.deployment import Run

NOTHING = "returned nothing"
BY_THE_CLOCK = {"$now()"}  # each engine has its own


def ours(expression: str, bindings: dict[str, Any]) -> dict[str, Any]:
    """Result of the emulator's engine in the form of evaluate.cjs; an error without its text."""
    try:
        return {"value": evaluate(f"{{% {expression} %}}", bindings)}
    except QueryEvaluationError as error:
        return {"undefined": True} if NOTHING in str(error) else {"error": True}


def exactly(answer: dict[str, Any]) -> str:
    """A result as text, in which 1 and true differ but 1 and 1.0 do not, as in JSON."""
    if "error" in answer:
        return "error"
    return json.dumps(json.loads(json.dumps(answer), parse_float=as_javascript), sort_keys=True)


def as_javascript(digits: str) -> float | int:
    number = float(digits)
    return int(number) if number.is_integer() else number


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, Any]]:
    """Results of the reference for the general cases."""
    answers = node.run("evaluate.cjs", [{"expression": each, "bindings": BINDINGS} for each in GENERAL])
    return dict(zip(GENERAL, answers, strict=True))


@pytest.mark.parametrize("expression", GENERAL)
def test_the_engine_agrees_with_the_reference(reference: dict[str, dict[str, Any]], expression: str) -> None:
    assert exactly(ours(expression, BINDINGS)) == exactly(reference[expression])


@pytest.mark.parametrize(("expression", "expected"), OF_STEP_FUNCTIONS, ids=lambda case: str(case)[:40])
def test_extensions_and_restrictions_of_step_functions_are_as_documented(expression: str, expected: Any) -> None:
    answer = ours(expression, BINDINGS)

    if expected is FAILS:
        assert answer == {"error": True}
    elif expected is UNDEFINED:
        assert answer == {"undefined": True}
    else:
        assert answer == {"value": expected}


@pytest.fixture(scope="module")
def recorded(runs: dict[str, Run]) -> list[Evaluation]:
    """Distinct evaluations of all scenarios."""
    found = [each for run in runs.values() for each in evaluations(run, project.definition(run.machine))]
    return list({json.dumps([each.state, each.expression, each.bindings]): each for each in found}.values())


@pytest.mark.parametrize("machine", project.MACHINES)
def test_the_scenarios_evaluate_every_expression_of_the_state_machine(recorded: list[Evaluation], machine: str) -> None:
    met = {(each.state, each.expression) for each in recorded}

    assert all_expressions(project.definition(machine)) - met == set()


def test_the_engine_agrees_with_the_reference_on_every_evaluation_of_real_executions(
    recorded: list[Evaluation],
) -> None:
    asked = [{"expression": each.expression, "bindings": each.bindings} for each in recorded]

    differing = [
        (each.state, each.expression)
        for each, answer in zip(recorded, node.run("evaluate.cjs", asked), strict=True)
        if exactly(ours(each.expression, each.bindings)) != exactly(answer) and each.expression not in BY_THE_CLOCK
    ]

    assert differing == []
