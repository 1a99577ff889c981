"""What an update keeps of the live fleet, and how it would be led back.

Without RetainAllVariantProperties SageMaker resets a fleet that was scaled out to InitialInstanceCount. What is
retained, or excluded from that, is so for all variants together (SageMaker API reference, UpdateEndpoint).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plan_deployment.hosts import all_variants, by_name
from plan_deployment.scaling_change import Change, Scene
from shared.autoscaling import variant_name
from shared.aws import Json
from shared.planning.snapshot import key

COUNT, WEIGHT = "DesiredInstanceCount", "DesiredWeight"


@dataclass(frozen=True)
class Retention:
    """What is kept.

    Attributes
    ----------
    keeps_counts : bool
        Whether live instance counts stay.
    members : Json
        What UpdateEndpoint gets for it, on the way there and on the way back.
    warnings : list of str
        Where counts are not what the request may mean.
    """

    keeps_counts: bool
    members: Json
    warnings: list[str]


def retention(scene: Scene, change: Change, endpoint: Json | None, *, has_fleet: bool) -> Retention:
    """What an update of the endpoint keeps.

    Weights are what the request says. Live counts stay, unless the request says another InitialInstanceCount than the
    config that serves, for a variant of the same name that nothing scales: then it is changed on purpose.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.
    has_fleet : bool
        Whether there are instances before and after the update; what is serverless has nothing to retain.
    """
    if not has_fleet:
        return Retention(True, {}, [])
    scaling = scaled(scene, change)
    resized = _resized(scene)
    follows = any(name not in scaling for name in resized)
    resets = follows and not scaling & _same_named(scene)
    excluded = [WEIGHT, *([COUNT] if resets else [])]
    members = {
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": each} for each in excluded],
    }
    warnings = _reset(scene, endpoint, resized) if resets else _not_followed(scene, resized, scaling)
    return Retention(not resets, members, list(warnings))


def update_request(endpoint_name: str, config_name: str, kept: Retention) -> Json:
    """The body of UpdateEndpoint, there or back.

    The way back excludes what the way there does. Weights are the old config's again, for those that are live by then
    are the new config's; those that the variants had are set afterwards. Counts are the live ones, which may have been
    scaled meanwhile, or the old config's if the request had changed them.
    """
    return {"EndpointName": endpoint_name, "EndpointConfigName": config_name} | kept.members


def scaled(scene: Scene, change: Change) -> set[str]:
    """Variants that scale when all is done."""
    gone = {key(body) for body in [*change.deregister, *change.remove_targets]}
    stay = [target for target in scene.snapshot.targets if key(target) not in gone]
    targets = [*stay, *change.targets, *(each.target for each in scene.wanted)]
    return {variant_name(target["ResourceId"]) for target in targets}


def _same_named(scene: Scene) -> set[str]:
    return by_name(all_variants(scene.before)).keys() & by_name(all_variants(scene.after)).keys()


def _resized(scene: Scene) -> dict[str, tuple[int, int]]:
    """Variants of the same name with other counts to begin with: before and after."""
    before, after = by_name(all_variants(scene.before)), by_name(all_variants(scene.after))
    counts = {
        name: (before[name].get("InitialInstanceCount"), after[name].get("InitialInstanceCount"))
        for name in sorted(_same_named(scene))
    }
    return {name: (old, new) for name, (old, new) in counts.items() if old and new and old != new}


def _reset(scene: Scene, endpoint: Json | None, resized: dict[str, tuple[int, int]]) -> Iterator[str]:
    """Counts of other variants that go back with the one that is changed on purpose."""
    live = by_name(all_variants(endpoint))
    for name in sorted(_same_named(scene) - resized.keys()):
        new = by_name(all_variants(scene.after))[name].get("InitialInstanceCount")
        count = live.get(name, {}).get("DesiredInstanceCount", live.get(name, {}).get("CurrentInstanceCount"))
        if new and count is not None and count != new:
            yield (
                f"Variant {name} goes from {count} instances to its InitialInstanceCount, {new}, because the request "
                f"changes that of {', '.join(resized)}: SageMaker keeps the counts of all variants or of none."
            )


def _not_followed(scene: Scene, resized: dict[str, tuple[int, int]], scaled: set[str]) -> Iterator[str]:
    scaling = ", ".join(sorted(scaled & _same_named(scene)))
    for name, (old, new) in resized.items():
        if name not in scaled:
            yield (
                f"InitialInstanceCount of variant {name} changes from {old} to {new}, but its live count stays: "
                f"SageMaker keeps the counts of all variants or of none, and {scaling} is scaled."
            )
