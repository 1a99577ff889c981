"""`slipway status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from slipway import endpoint as endpoints
from slipway import executions, history
from slipway.calls import Call
from slipway.command import Answer, App, command
from slipway.errors import Exit

LAST_DEPLOYMENTS = 5


@click.command()
@click.argument("endpoint", required=False)
@command()
def status(app: App, endpoint: str | None) -> Answer:
    """Show what is live: config, variants, scaling, alarms, lock and last deployments; without ENDPOINT, all endpoints.

    The exit code is 1 if there is no such endpoint.
    """
    return _all(app) if endpoint is None else _one(app, endpoint)


def _one(app: App, name: str) -> Answer:
    stack = app.stack
    if app.shows_command:
        reads = (endpoints.describe_call(name), endpoints.alarms_call(stack, name), endpoints.lock_call(stack, name))
        return app.commands(*reads, history.call(stack, name, LAST_DEPLOYMENTS))
    state = endpoints.read(stack, name)
    lock = endpoints.lock(stack, name)
    records = history.read(stack, name, LAST_DEPLOYMENTS)
    away_since = None if state else history.away_since(records)
    document = {
        "endpointName": name,
        "endpoint": state,
        "awaySince": away_since,
        "lock": lock,
        "deployments": records,
    }
    text: list[RenderableType] = list(endpoints.text(state)) if state else [absent(name, away_since)]
    text += [Text(line) for line in _lock(lock)]
    text.append(
        history.table(records, state["endpointConfigName"] if state else None) if records else history.nothing(name)
    )
    return Answer(document, text, Exit.AS_ASKED if state else Exit.FAILED)


def absent(name: str, away_since: str | None) -> Text:
    """Return why there is no endpoint: ``away_since`` is when its schedule removed it, ISO 8601."""
    if away_since is None:
        return Text(f"There is no endpoint {name}.", style="bold red")
    removed = f"its schedule removed it at {history.short(away_since)} UTC, and creates it again for its next hours"
    return Text(f"Endpoint {name} is away: {removed}.", style="yellow")


def _lock(lock: dict[str, Any]) -> Iterator[str]:
    if lock["heldBy"]:
        yield f"  lock     {lock['heldBy'].rpartition(':')[2]} since {history.short(lock['heldSince'])}"
    if lock["waiting"]:
        yield f"  waiting  {lock['waiting']}"


def _all(app: App) -> Answer:
    call = Call("sagemaker", "ListEndpoints", {"SortBy": "Name", "SortOrder": "Ascending"})
    if app.shows_command:
        return app.commands(call)
    pages = app.session.client("sagemaker").get_paginator("list_endpoints").paginate(**call.request)
    found = [
        {
            "endpointName": each["EndpointName"],
            "status": each["EndpointStatus"],
            "lastModifiedAt": each["LastModifiedTime"].isoformat(),
            "lastDeployment": next(iter(history.read(app.stack, each["EndpointName"], 1)), None),
        }
        for page in pages
        for each in page["Endpoints"]
    ]
    running = [
        {"executionArn": each["executionArn"], "startedAt": each["startDate"].isoformat()}
        for machine in (app.stack.deploy_machine, app.stack.removal_machine)
        for each in executions.newest(app.session, machine, executions.RUNNING)
    ]
    return Answer({"endpoints": found, "running": running}, _text(app, found, running))


def _text(app: App, found: list[dict[str, Any]], running: list[dict[str, Any]]) -> Iterator[RenderableType]:
    if not found:
        yield Text(f"There is no endpoint in {app.session.region}.")
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for title in ("endpoint", "status", "last deployment", "outcome", "by"):
            table.add_column(title, overflow="fold")
        for each in found:
            last = each["lastDeployment"]
            of_last = (history.short(last["startedAt"]), last["outcome"], last["kind"]) if last else ("-", "-", "-")
            table.add_row(
                each["endpointName"], Text(each["status"], endpoints.STYLES.get(each["status"], "yellow")), *of_last
            )
        yield table
    for each in running:
        yield Text(f"Running: {each['executionArn'].rpartition(':')[2]} since {history.short(each['startedAt'])}")
