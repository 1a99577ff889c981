import pytest

from shared.errors import InvalidRequest
from shared.planning.size import MOST_BYTES, require_size
from tests.support.plans import deployment_plan


def test_a_plan_that_the_state_machine_can_carry_is_accepted() -> None:
    require_size(deployment_plan(request={"kmsKeyId": "x" * (MOST_BYTES - 3000)}), {"endpointName": "e"})


def test_a_plan_too_large_for_a_state_is_refused_with_both_sizes_and_the_largest_field() -> None:
    request = {"endpointName": "e", "targetTrackingScalingPolicyConfiguration": "€" * 10_000}

    with pytest.raises(InvalidRequest) as raised:
        require_size({"policies": ["€" * 10_000] * 10}, request)  # type: ignore[typeddict-item]

    assert str(raised.value) == (
        "The request has 1 fault:\n"
        "- /targetTrackingScalingPolicyConfiguration: its 30,002 bytes make a plan of 300,044 bytes; the state "
        "machine can carry 184,320. Shorten it, or deploy fewer variants: some fields count for each of them, and so "
        "does registered scaling."
    )
