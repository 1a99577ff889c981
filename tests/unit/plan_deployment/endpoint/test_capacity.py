"""Instance counts that an update preserves, decided on plain values."""

from typing import Any

from plan_deployment.endpoint.capacity import Retention, of_instances

Json = dict[str, Any]


def variant(name: str = "v", count: int = 1) -> Json:
    return {"VariantName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}


def kept(before: list[Json], after: list[Json], scaled: str = "", **counts: int) -> Retention:
    live = [{"VariantName": name, "CurrentInstanceCount": count} for name, count in counts.items()]
    old, new, endpoint = ({"ProductionVariants": variants} for variants in (before, after, live))
    return of_instances(old, new, endpoint, set(scaled))


def excluded(found: Retention) -> list[str]:
    return [each["VariantPropertyType"] for each in found.members["ExcludeRetainedVariantProperties"]]


def test_live_counts_are_preserved_if_the_request_does_not_change_them() -> None:
    found = kept([variant()], [variant()])

    assert (found.keeps_counts, excluded(found), found.warnings) == (True, ["DesiredWeight"], [])


def test_a_changed_count_of_an_unscaled_variant_takes_effect_and_its_rollback_restores_it() -> None:
    found = kept([variant()], [variant(count=3)])

    assert not found.keeps_counts
    assert found.update_request("e", "old") == {
        "EndpointName": "e",
        "EndpointConfigName": "old",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [
            {"VariantPropertyType": "DesiredWeight"},
            {"VariantPropertyType": "DesiredInstanceCount"},
        ],
    }


def test_a_changed_count_of_a_scaled_variant_has_no_effect() -> None:
    found = kept([variant()], [variant(count=3)], scaled="v")

    assert (found.keeps_counts, found.warnings) == (True, [])


def test_one_scaled_variant_preserves_the_counts_of_all() -> None:
    found = kept([variant(), variant("w")], [variant(count=3), variant("w")], scaled="w")

    assert found.keeps_counts
    assert "from 1 to 3, but its live count is preserved" in found.warnings[0]


def test_a_count_that_is_reset_together_with_another_is_a_warning() -> None:
    found = kept([variant(), variant("w")], [variant(count=3), variant("w")], v=1, w=5)

    assert not found.keeps_counts
    assert found.warnings[0].startswith("Variant w changes from 5 instances to its InitialInstanceCount, 1")


def test_an_update_at_zero_instances_is_a_warning() -> None:
    found = kept([variant()], [variant()], scaled="v", v=0)

    assert found.warnings == [
        "Variant v has 0 instances while it is updated: the first instance that scaling adds is the first to run the "
        "new config."
    ]
    assert kept([variant()], [variant(count=3)], v=0).warnings == []
