"""What a deployment costs is computed from the state machine's schedule; it does just that."""

import pytest

from bench import costs, measured_costs
from bench.machine import REQUEST, Machine
from tests.support.deployment import Slipway
from tools import stack

# Before and after the interval between checks begins to grow; `make bench` compares every row of the table.
MINUTES = (7, 15)


@pytest.fixture
def machine(slipway: Slipway) -> Machine:
    stack.make_models(slipway.aws, REQUEST)
    return Machine(slipway.aws, slipway.machine_arn)


@pytest.mark.parametrize("minutes", MINUTES)
def test_the_state_machine_takes_the_looks_and_transitions_that_its_cost_is_computed_from(
    machine: Machine, minutes: int
) -> None:
    measured_costs.compare(machine, minutes, costs.SLIPWAY)


@pytest.mark.parametrize("minutes", MINUTES)
def test_without_events_it_takes_a_look_more_and_is_late_by_no_more_than_computed(
    machine: Machine, minutes: int
) -> None:
    with machine.without_events():
        measured_costs.compare(machine, minutes, costs.EVENTS_OFF)
