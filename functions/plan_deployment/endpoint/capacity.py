"""Instance counts and weights that an update of the endpoint preserves.

Without RetainAllVariantProperties SageMaker resets a variant that was scaled out to InitialInstanceCount. A property
is retained or excluded for all variants together (SageMaker API reference, UpdateEndpoint).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plan_deployment.situation import Situation
from plan_deployment.variants import by_name, is_serverless_config, is_serverless_endpoint, live_count, variants_of
from shared.aws import Json
from shared.errors import EndpointNotUpdatable

COUNT, WEIGHT = "DesiredInstanceCount", "DesiredWeight"


@dataclass(frozen=True)
class Retention:
    """Properties that an update preserves.

    Attributes
    ----------
    keeps_counts : bool
        Whether live instance counts are preserved.
    members : Json
        Members of UpdateEndpoint for it, of the update and of its rollback.
    warnings : list of str
        Where counts are not what the request may mean.
    """

    keeps_counts: bool = True
    members: Json = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def update_request(self, endpoint_name: str, config_name: str) -> Json:
        """Return the body of UpdateEndpoint, of the update or of its rollback.

        A rollback excludes the same properties. It gets the weights of the previous config, and the live ones are set
        after it. Counts are the live ones, or those of the previous config if the request changed them.
        """
        return {"EndpointName": endpoint_name, "EndpointConfigName": config_name} | self.members

    def counts(self, variants: list[Json], endpoint: Json | None) -> dict[str, int]:
        """Return the instances of each variant at the beginning of an update, by the variant's name.

        That is the live count if it is preserved, otherwise InitialInstanceCount. A new variant on instance pools has
        neither and is left out.

        Parameters
        ----------
        variants : list of Json
            Production variants of the new config.
        """
        preserved = endpoint.get("ProductionVariants", []) if endpoint and self.keeps_counts else []
        live = {variant["VariantName"]: live_count(variant) for variant in preserved}
        found = {
            variant["VariantName"]: live.get(variant["VariantName"], variant.get("InitialInstanceCount"))
            for variant in variants
        }
        return {name: count for name, count in found.items() if count is not None}


def require_possible_host(situation: Situation) -> None:
    """Check that the update does not change an endpoint on instances to a serverless one.

    Raises
    ------
    EndpointNotUpdatable
        If it does: SageMaker only allows the reverse (SageMaker developer guide, serverless endpoints).
    """
    endpoint = situation.updated
    if endpoint and is_serverless_config(situation.content.config) and not is_serverless_endpoint(endpoint):
        name = endpoint["EndpointName"]
        raise EndpointNotUpdatable(
            f"Endpoint {name} runs on instances, and SageMaker cannot make it serverless. Deploy under another name, "
            f"or delete it first: aws sagemaker delete-endpoint --endpoint-name {name}"
        )


def retention(situation: Situation, before: Json | None, scaled: set[str]) -> Retention:
    """Return the properties that an update of the endpoint preserves.

    Weights are those of the request. Live counts are preserved, unless the request changes the InitialInstanceCount of
    a variant that is not scaled: that is a change on purpose.

    Parameters
    ----------
    before : Json or None
        The live config.
    scaled : set of str
        Variants that are scaled after the deployment.
    """
    endpoint, after = situation.updated, situation.content.config
    if endpoint is None or is_serverless_config(after):
        return Retention()
    if is_serverless_endpoint(endpoint):
        return Retention(
            warnings=["SageMaker cannot make an endpoint on instances serverless again after this update."]
        )
    return of_instances(before, after, endpoint, scaled)


def of_instances(before: Json | None, after: Json, endpoint: Json, scaled: set[str]) -> Retention:
    """Return the same for an endpoint on instances, from its configs before and after."""
    old, new = by_name(variants_of(before)), by_name(variants_of(after))
    common = old.keys() & new.keys()
    resized = _resized(old, new)
    resets = any(name not in scaled for name in resized) and not scaled & common
    members = {
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [
            {"VariantPropertyType": each} for each in (WEIGHT, *([COUNT] if resets else []))
        ],
    }
    live = by_name(variants_of(endpoint))
    if resets:
        warnings = list(_reset(sorted(common - resized.keys()), new, live, resized))
    else:
        warnings = [*_not_followed(resized, scaled, ", ".join(sorted(scaled & common))), *_at_zero(common, live)]
    return Retention(not resets, members, warnings)


def _resized(old: dict[str, Json], new: dict[str, Json]) -> dict[str, tuple[int, int]]:
    """Return the variants whose InitialInstanceCount changes: before and after."""
    counts = {
        name: (old[name].get("InitialInstanceCount"), new[name].get("InitialInstanceCount"))
        for name in sorted(old.keys() & new.keys())
    }
    return {name: (before, after) for name, (before, after) in counts.items() if before and after and before != after}


def _reset(
    names: list[str], new: dict[str, Json], live: dict[str, Json], resized: dict[str, tuple[int, int]]
) -> Iterator[str]:
    """Yield a warning for each variant whose count is reset because another one is changed on purpose."""
    for name in names:
        after, count = new[name].get("InitialInstanceCount"), live_count(live.get(name, {}))
        if after and count is not None and count != after:
            yield (
                f"Variant {name} changes from {count} instances to its InitialInstanceCount, {after}, because the "
                f"request changes that of {', '.join(resized)}: SageMaker preserves the counts of all variants or none."
            )


def _at_zero(names: set[str], live: dict[str, Json]) -> Iterator[str]:
    """Yield a warning for each variant whose new config no instance runs yet when the update ends."""
    for name in sorted(names):
        if live_count(live.get(name, {})) == 0:
            yield (
                f"Variant {name} has 0 instances while it is updated: the first instance that scaling adds is the "
                "first to run the new config."
            )


def _not_followed(resized: dict[str, tuple[int, int]], scaled: set[str], scaled_names: str) -> Iterator[str]:
    for name, (before, after) in resized.items():
        if name not in scaled:
            yield (
                f"InitialInstanceCount of variant {name} changes from {before} to {after}, but its live count is "
                f"preserved: SageMaker preserves the counts of all variants or none, and {scaled_names} is scaled."
            )
