"""What several policies decide together, with bounds, suspensions and cooldowns (user guide, target tracking)."""

from typing import Any

import pytest

from local_aws.applicationautoscaling import decisions
from local_aws.applicationautoscaling.cooldowns import Cooldowns
from local_aws.applicationautoscaling.decisions import Bounds, Change, Decision, NotScaled, Proposal

NOW = 10_000.0


def tracking(name: str, wanted: int, **more: Any) -> Proposal:
    return Proposal(name, f"alarm-of-{name}", wanted, is_tracking=True, **more)


def step(name: str, wanted: int, **more: Any) -> Proposal:
    return Proposal(name, f"alarm-of-{name}", wanted, **more)


def decide(
    *proposals: Proposal,
    capacity: int = 4,
    scale_in: tuple[str, ...] = (),
    cooldowns: Cooldowns | None = None,
    now: float = NOW,
    **bounds: Any,
) -> Decision:
    limits = Bounds(capacity, bounds.pop("minimum", 1), bounds.pop("maximum", 10), **bounds)
    return decisions.decide(proposals, limits, cooldowns or Cooldowns(), set(scale_in), now)


def capacity_of(decision: Decision) -> int:
    assert isinstance(decision, Change)
    return decision.capacity


def reason_of(decision: Decision) -> dict[str, Any]:
    assert isinstance(decision, NotScaled)
    return decision.reason


def test_one_policy_is_enough_to_scale_out_and_the_largest_capacity_wins() -> None:
    decision = decide(tracking("a", 6), step("b", 7), tracking("c", 2), scale_in=("a", "c"))

    assert decision == Change(7, step("b", 7))


def test_an_activity_has_the_alarm_and_the_policy_as_its_cause() -> None:
    assert step("b", 7).cause == "monitor alarm alarm-of-b in state ALARM triggered policy b"


def test_target_tracking_scales_in_only_if_all_agree_and_the_largest_capacity_wins() -> None:
    assert capacity_of(decide(tracking("a", 1), tracking("b", 3), scale_in=("a", "b"))) == 3


@pytest.mark.parametrize("other", [[], [tracking("b", 4)]], ids=["silent", "wants the same"])
def test_a_policy_that_does_not_want_to_scale_in_prevents_it(other: list[Proposal]) -> None:
    """Without data the alarm is in INSUFFICIENT_DATA, and the policy proposes nothing."""
    decision = decide(tracking("a", 1), *other, scale_in=("a", "b"))

    assert reason_of(decision) == {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": 4}


def test_a_step_policy_scales_in_without_the_target_tracking_policies() -> None:
    assert decide(step("s", 3), tracking("a", 1), scale_in=("a", "b")) == Change(3, step("s", 3))


def test_a_scale_in_that_would_exceed_the_target_is_anticipated_flapping() -> None:
    decision = decide(tracking("a", 4, is_flapping=True), scale_in=("a",))

    assert reason_of(decision) == {"Code": "AutoScalingAnticipatedFlapping", "CurrentCapacity": 4}
    at_minimum = decide(tracking("a", 4, is_flapping=True), scale_in=("a",), minimum=4)
    assert reason_of(at_minimum) == {"Code": "AlreadyAtMinCapacity", "MinCapacity": 4}


@pytest.mark.parametrize(
    ("wanted", "bounds", "expected"), [(20, {"maximum": 10}, 10), (0, {"minimum": 2}, 2), (0, {"minimum": 0}, 0)]
)
def test_bounds_limit_the_capacity(wanted: int, bounds: dict[str, int], expected: int) -> None:
    assert capacity_of(decide(step("s", wanted), **bounds)) == expected


def test_the_reason_names_the_bound_that_prevents_a_change() -> None:
    assert reason_of(decide(step("s", 9), maximum=4)) == {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}
    assert reason_of(decide(step("s", 1), minimum=4)) == {"Code": "AlreadyAtMinCapacity", "MinCapacity": 4}


def test_a_suspended_direction_does_not_change_and_the_other_does() -> None:
    assert decide(step("s", 9), out_suspended=True) is None
    assert decide(step("s", 2), in_suspended=True) is None
    assert capacity_of(decide(step("s", 2), out_suspended=True)) == 2
    assert capacity_of(decide(step("s", 9), in_suspended=True)) == 9


def test_what_a_scale_out_added_counts_in_its_cooldown() -> None:
    """The user guide's example: +2, and +3 within the cooldown adds only 1."""
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 4, 6, 300, NOW)

    assert capacity_of(decide(step("s", 9), capacity=6, cooldowns=cooldowns, now=NOW + 299)) == 7
    assert capacity_of(decide(step("s", 9), capacity=6, cooldowns=cooldowns, now=NOW + 300)) == 9
    assert capacity_of(decide(step("other", 9), capacity=6, cooldowns=cooldowns, now=NOW + 299)) == 9


def test_the_same_scale_out_waits_for_the_end_of_its_cooldown() -> None:
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 4, 6, 300, NOW)

    decision = decide(step("s", 8), capacity=6, cooldowns=cooldowns, now=NOW + 60)

    assert reason_of(decision) == {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": 6}


def test_a_larger_scale_out_in_a_cooldown_is_not_repeated() -> None:
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 4, 6, 300, NOW)
    cooldowns.scaled("s", 6, 7, 300, NOW + 100)  # +3 of which 2 were there

    decision = decide(step("s", 10), capacity=7, cooldowns=cooldowns, now=NOW + 200)

    assert reason_of(decision)["Code"] == "AlreadyAtDesiredCapacity"


def test_an_exact_capacity_is_not_reduced_by_what_was_added() -> None:
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 4, 6, 300, NOW)

    assert capacity_of(decide(step("s", 8, is_exact=True), capacity=6, cooldowns=cooldowns, now=NOW + 60)) == 8


def test_a_scale_in_blocks_the_next_for_its_cooldown() -> None:
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 6, 5, 300, NOW)

    assert decide(step("s", 4), capacity=5, cooldowns=cooldowns, now=NOW + 299) is None
    assert capacity_of(decide(step("s", 4), capacity=5, cooldowns=cooldowns, now=NOW + 300)) == 4


def test_a_scale_out_goes_at_once_in_the_cooldown_of_a_scale_in_and_ends_it() -> None:
    cooldowns = Cooldowns()
    cooldowns.scaled("s", 6, 5, 300, NOW)

    assert capacity_of(decide(step("t", 6), capacity=5, cooldowns=cooldowns, now=NOW + 1)) == 6
    cooldowns.scaled("t", 5, 6, 300, NOW + 30)
    assert capacity_of(decide(step("s", 5), capacity=6, cooldowns=cooldowns, now=NOW + 60)) == 5
