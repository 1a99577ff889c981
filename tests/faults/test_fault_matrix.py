"""A share of the fault matrix, always the same; `make faults` runs the whole."""

import pytest

from tests.faults.cases import Case, all_cases
from tests.faults.interruptions import all_interruptions, run_interruption
from tests.faults.running import run_case
from tests.faults.sequences import run_sequence, sequence
from tests.support import project
from tests.support.deployment import Slipway

CASES, INTERRUPTIONS, TAKEN_BACK, SEQUENCES = 12, 5, 4, 2


@pytest.fixture(scope="module")
def cases(deployed: Slipway) -> list[Case]:
    return all_cases(deployed)


def test_no_state_is_forgotten(cases: list[Case]) -> None:
    """Each task calls a function, or AWS itself, somewhere among the cases."""
    functions = {
        dict(case.place.match)["FunctionName"].rpartition(":slipway-")[2].rpartition("Function-")[0]
        for case in cases
        if case.place.operation == "Invoke"
    }
    operations = {(case.place.service, case.place.operation) for case in cases}
    forgotten = []
    for name, task in project.tasks().items():
        *_, service, action = task["Resource"].split(":")
        if service == "lambda":
            is_met = project.logical_id_of(name) in functions
        else:
            is_met = any(action.lower() == operation.lower() for _, operation in operations)
        if not is_met:
            forgotten.append(name)

    assert forgotten == []


@pytest.mark.parametrize("number", range(CASES))
def test_every_promise_holds_whatever_fails(slipway: Slipway, cases: list[Case], number: int) -> None:
    case = cases[number * len(cases) // CASES]

    assert run_case(slipway, case, f"fault-{number}") == [], str(case)


def test_every_promise_holds_whoever_interrupts(slipway: Slipway) -> None:
    found = all_interruptions(slipway)

    for number in range(INTERRUPTIONS):
        case = found[number * len(found) // INTERRUPTIONS]
        assert run_interruption(slipway, case, f"interruption-{number}") == [], str(case)


def test_every_promise_holds_whoever_stops_what_is_taken_back(slipway: Slipway, taking_back: Slipway) -> None:
    found = [each for each in all_interruptions(slipway) if each.by == "stopped"]

    for number in range(TAKEN_BACK):
        case = found[number * len(found) // TAKEN_BACK]
        assert run_interruption(taking_back, case, f"taken-back-{number}") == [], str(case)


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_after_any_sequence_the_last_request_that_succeeded_is_what_serves(
    slipway: Slipway, cases: list[Case], seed: int
) -> None:
    steps = sequence(seed, cases)

    assert run_sequence(slipway, steps, f"sequence-{seed}") == [], steps
