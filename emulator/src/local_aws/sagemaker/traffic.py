"""Shares of the traffic: which variants of an endpoint answer now, and how often.

Between the variants of a config, by weight (SageMaker developer guide, model-ab-testing). During a deployment with
guardrails, between the old and the new fleet, by the share of the new fleet that is active
(deployment-guardrails-blue-green-canary, -linear, deployment-guardrails-rolling).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.variants import Variant

Shares = list[tuple[Variant, float]]


def shares(endpoint: Endpoint) -> Shares:
    """The variants with traffic, each with its part of it, above 0. The caller holds SageMaker's lock."""
    pending = endpoint.pending
    live = _by_weight(endpoint.variants, "Current")
    if pending is None or pending.guarded is None:
        return live
    capacities = pending.guarded.stage.capacities
    shifted = {each.name: capacities[each.name].active / each.instance_count["Desired"] for each in pending.variants}
    old = [(variant, share * (1 - shifted.get(variant.name, 0))) for variant, share in live]
    new = [(variant, share * shifted[variant.name]) for variant, share in _by_weight(pending.variants, "Desired")]
    return [(variant, share) for variant, share in (*old, *new) if share > 0]


def choose(among: Shares) -> Variant:
    """One of the variants, at random."""
    (chosen,) = random.choices([variant for variant, _ in among], [part for _, part in among])  # noqa: S311
    return chosen


def _by_weight(variants: list[Variant], when: str) -> Shares:
    return list(_parts(variants, when, sum(variant.weight[when] for variant in variants)))


def _parts(variants: list[Variant], when: str, total: float) -> Iterator[tuple[Variant, float]]:
    for variant in variants:
        if total == 0:  # AWS does not document it; an endpoint whose weights are all 0 still answers here
            yield variant, 1 / len(variants)
        elif variant.weight[when]:
            yield variant, variant.weight[when] / total
