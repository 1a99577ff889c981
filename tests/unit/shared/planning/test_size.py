import pytest

from shared.errors import InvalidRequest
from shared.planning.size import MOST_BYTES, require_size


def test_a_plan_that_the_state_machine_can_carry_is_passed_on() -> None:
    plan = {"request": "x" * (MOST_BYTES - 100)}

    assert require_size(plan, {"endpointName": "e"}) is plan


def test_a_plan_too_large_for_a_state_is_refused_with_both_sizes_and_the_largest_field() -> None:
    request = {"endpointName": "e", "targetTrackingScalingPolicyConfiguration": "€" * 10_000}

    with pytest.raises(InvalidRequest) as raised:
        require_size({"policies": ["€" * 10_000] * 10}, request)

    assert str(raised.value) == (
        "The request has 1 fault:\n"
        "- /targetTrackingScalingPolicyConfiguration: its 30,002 bytes make a plan of 300,044 bytes, and the state "
        "machine carries 204,800. Shorten it, or deploy fewer variants: some fields count for each."
    )
