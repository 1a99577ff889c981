"""The state machine behaves as the cost computation assumes."""

import pytest

from bench import costs, measured_costs
from bench.machine import REQUEST, Machine
from tests.support.deployment import Slipway
from tools import stack

# Before and after the interval between checks starts to grow; `make bench` compares every row of the table.
MINUTES = (7, 15)


@pytest.fixture
def machine(slipway: Slipway) -> Machine:
    stack.make_models(slipway.aws, REQUEST)
    return Machine(slipway.aws, slipway.machine_arn)


@pytest.mark.parametrize("minutes", MINUTES)
def test_checks_and_transitions_are_as_computed(machine: Machine, minutes: int) -> None:
    measured_costs.compare(machine, minutes, costs.SLIPWAY)


@pytest.mark.parametrize("minutes", MINUTES)
def test_without_events_there_is_one_more_check_and_the_delay_is_at_most_as_computed(
    machine: Machine, minutes: int
) -> None:
    with machine.without_events():
        measured_costs.compare(machine, minutes, costs.EVENTS_OFF)
