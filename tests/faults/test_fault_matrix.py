"""A fixed sample of the fault matrix; `make faults` runs all of it."""

from typing import Any

import pytest

from tests.faults.cases import Case, all_cases
from tests.faults.interruptions import all_interruptions, run_interruption
from tests.faults.recovering import all_recoveries, run_recovery
from tests.faults.removing import all_removals, all_removals_interrupted, run_removal, run_removal_interrupted
from tests.faults.running import run_case
from tests.faults.sequences import run_sequence, sequence
from tests.support import project
from tests.support.deployment import Slipway

CASES, RECOVERY_CASES, INTERRUPTIONS, STOPPED_AND_RECOVERED, SEQUENCES = 8, 2, 3, 2, 1
REMOVALS, REMOVALS_INTERRUPTED = 2, 1


@pytest.fixture(scope="module")
def cases(deployed: Slipway) -> list[Case]:
    return all_cases(deployed)


@pytest.fixture(scope="module")
def recovery_cases(recovering: Slipway) -> list[Case]:
    return all_recoveries(recovering)


@pytest.fixture(scope="module")
def removals(deployed: Slipway) -> list[Case]:
    return all_removals(deployed)


@pytest.mark.parametrize("machine", project.MACHINES)
def test_the_matrix_covers_every_task_state(
    cases: list[Case], recovery_cases: list[Case], removals: list[Case], machine: str
) -> None:
    """Each task state's function or AWS call is a place of at least one case."""
    role = project.role_of(machine)
    places = {case.place for case in [*cases, *recovery_cases, *removals] if case.place.role == role}
    functions = {
        dict(place.match)["FunctionName"].rpartition(":slipway-")[2].rpartition("-")[0]
        for place in places
        if place.operation == "Invoke"
    }
    operations = {place.operation.lower() for place in places}
    missing = []
    for name, task in project.tasks(machine).items():
        *_, service, action = task["Resource"].split(":")
        is_covered = called(task) in functions if service == "lambda" else action.lower() in operations
        if not is_covered:
            missing.append(name)

    assert missing == []


def called(task: dict[str, Any]) -> str:
    """Logical ID of the function that the task calls."""
    return str(task["Arguments"]["FunctionName"]).removeprefix("${").removesuffix("Arn}")


@pytest.mark.parametrize("number", range(CASES))
def test_promises_hold_with_any_fault(slipway: Slipway, cases: list[Case], number: int) -> None:
    case = cases[number * len(cases) // CASES]

    assert run_case(slipway, case, f"fault-{number}") == [], str(case)


def test_promises_hold_with_any_interruption(slipway: Slipway) -> None:
    found = all_interruptions(slipway)

    for number in range(INTERRUPTIONS):
        case = found[number * len(found) // INTERRUPTIONS]
        assert run_interruption(slipway, case, f"interruption-{number}") == [], str(case)


def test_promises_hold_when_a_stopped_execution_is_recovered(slipway: Slipway, recovering: Slipway) -> None:
    found = [each for each in all_interruptions(slipway) if each.by == "stopped"]

    for number in range(STOPPED_AND_RECOVERED):
        case = found[number * len(found) // STOPPED_AND_RECOVERED]
        assert run_interruption(recovering, case, f"recovered-{number}") == [], str(case)


@pytest.mark.parametrize("number", range(RECOVERY_CASES))
def test_promises_hold_with_any_fault_in_a_recovery(
    recovering: Slipway, recovery_cases: list[Case], number: int
) -> None:
    case = recovery_cases[number * len(recovery_cases) // RECOVERY_CASES]

    assert run_recovery(recovering, case, f"recovery-{number}") == [], str(case)


@pytest.mark.parametrize("number", range(REMOVALS))
def test_promises_hold_with_any_fault_in_a_removal(slipway: Slipway, removals: list[Case], number: int) -> None:
    case = removals[number * len(removals) // REMOVALS]

    assert run_removal(slipway, case, f"removing-{number}") == [], str(case)


@pytest.mark.parametrize("number", range(REMOVALS_INTERRUPTED))
def test_promises_hold_with_any_interruption_of_a_removal(slipway: Slipway, number: int) -> None:
    found = all_removals_interrupted(slipway)
    case = found[number * len(found) // REMOVALS_INTERRUPTED]

    assert run_removal_interrupted(slipway, case, f"removing-interrupted-{number}") == [], str(case)


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_the_last_successful_request_of_any_sequence_is_live(slipway: Slipway, cases: list[Case], seed: int) -> None:
    steps = sequence(seed, cases)

    assert run_sequence(slipway, steps, f"sequence-{seed}") == [], steps
