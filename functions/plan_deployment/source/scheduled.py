"""The source of a deployment that a schedule starts: the last deployment, whose endpoint was away for some hours."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from plan_deployment.environment import Services, Settings
from plan_deployment.source.source import PendingSource, Source, restored
from shared import endpoint_tests, endpoints, records
from shared.live_config import NOT_SERVING
from shared.planning import ticks
from shared.planning.ticks import Due, NothingToDo, Tick
from shared.records import Record


def pending_tick(document: Any, now: str, services: Services, settings: Settings) -> PendingSource:
    """Return what is known about a tick before its turn.

    Raises
    ------
    InvalidRequest
        If the tick is not valid, or is for another state machine.
    """
    tick = ticks.parse(document, ticks.UP)
    return PendingSource(
        endpoint_name=tick.endpoint_name,
        when_busy="WAIT",  # no user is there to start it again
        dry_run=False,
        deadline_seconds=None,
        request_hash=tick.request_hash,
        approval=None,
        trigger=tick.trigger,
        source=lambda: _source(tick, now, services, settings),
    )


def _source(tick: Tick, now: str, services: Services, settings: Settings) -> Source | NothingToDo:
    found = ticks.due(tick, _history(tick, services, settings), now)
    if isinstance(found, NothingToDo):
        return found
    endpoint = endpoints.describe_endpoint(services.sagemaker, tick.endpoint_name)
    if endpoint and endpoint["EndpointStatus"] not in NOT_SERVING and not found.is_interrupted(endpoint):
        # A tick changes nothing that is live: an external change since then stays.
        return NothingToDo(f"Endpoint {endpoint['EndpointName']} is {endpoint['EndpointStatus']}.")
    return _restored(tick, found, services, settings)


def _history(tick: Tick, services: Services, settings: Settings) -> Iterable[Record]:
    return records.newest_first(services.dynamodb, settings.deployments_table, tick.endpoint_name)


def _restored(tick: Tick, found: Due, services: Services, settings: Settings) -> Source:
    record = found.deployment
    tests = {endpoint_tests.FIELD: record.tests} if record.tests else {}
    source = restored(record, (record.request or {}) | tests, services, settings)
    return dataclasses.replace(source, trigger={**tick.trigger, **found.trigger})
