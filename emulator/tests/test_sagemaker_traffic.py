"""Which variants answer, and how often, at each stage of an endpoint's life."""

from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.sagemaker import stages, traffic
from local_aws.sagemaker.stages import Capacity, Fleet

POLICY = {"TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 60}, "WaitIntervalInSeconds": 60}


def variant(config: str, weight: float = 1.0, name: str = "A", instances: int = 4) -> Any:
    both = {"Current": weight, "Desired": weight}
    return SimpleNamespace(name=name, config=config, weight=both, instance_count={"Desired": instances})


def shares(*old: Any, new: list[Any] | None = None, **active: Capacity) -> dict[str, float]:
    """The part of each config's variants, by config and name."""
    guarded = SimpleNamespace(stage=SimpleNamespace(capacities=active)) if active else None
    pending = SimpleNamespace(variants=new, guarded=guarded) if new else None
    endpoint: Any = SimpleNamespace(variants=list(old), pending=pending)
    return {f"{each.config}.{each.name}": share for each, share in traffic.shares(endpoint)}


def during(way: list[stages.Stage]) -> list[tuple[str, float]]:
    """Status and share of the new fleet of each stage."""
    found = []
    for stage in way:
        by_config = shares(variant("old"), new=[variant("new")], **stage.capacities)
        assert sum(by_config.values()) == pytest.approx(1)
        found.append((stage.status, by_config.get("new.A", 0)))
    return found


def test_weights_divide_the_traffic_and_a_weight_of_0_has_none() -> None:
    three = [variant("old", weight, name) for name, weight in (("A", 3.0), ("B", 1.0), ("C", 0.0))]

    assert shares(*three) == {"old.A": 0.75, "old.B": 0.25}


def test_variants_whose_weights_are_all_0_answer_equally_often() -> None:
    assert shares(variant("old", 0.0, "A"), variant("old", 0.0, "B")) == {"old.A": 0.5, "old.B": 0.5}


def test_an_update_without_guardrails_is_answered_by_the_old_config_to_its_end() -> None:
    assert shares(variant("old"), new=[variant("new")]) == {"old.A": 1.0}


def test_a_canary_has_its_share_and_then_all_of_the_traffic() -> None:
    canary = stages.blue_green([Fleet("A", 4, 4, (1, 4))], POLICY, 420)

    assert during(canary) == [
        ("Creating", 0),
        ("ActivatingTraffic", 0.25),
        ("Baking", 0.25),
        ("ActivatingTraffic", 1),
        ("Baking", 1),
        ("Deleting", 1),
    ]


def test_a_rolling_deployment_shifts_the_traffic_batch_by_batch() -> None:
    batches = stages.rolling(Fleet("A", 4, 4, (2, 4)), POLICY, 420)

    assert [share for _, share in during(batches)] == [0, 0.5, 0.5, 0.5, 0.5, 1, 1, 1]


@pytest.mark.parametrize("active", [1, 4])
def test_the_old_fleet_answers_again_as_soon_as_a_rollback_activates_it(active: int) -> None:
    back = stages.rollback([Fleet("A", 4, 4, (1, 4))], {"A": Capacity(4, active, 4)}, 4, 420)

    assert during(back)[-2:] == [("ActivatingTraffic", 0), ("Deleting", 0)]


def test_new_weights_hold_for_the_new_fleet_and_old_ones_for_the_old() -> None:
    half = {name: Capacity(4, 2, 4) for name in ("A", "B")}
    old = [variant("old", 3.0, "A"), variant("old", 1.0, "B")]
    new = [variant("new", 1.0, "A"), variant("new", 1.0, "B")]

    assert shares(*old, new=new, **half) == {"old.A": 0.375, "old.B": 0.125, "new.A": 0.25, "new.B": 0.25}
