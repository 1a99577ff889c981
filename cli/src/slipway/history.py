"""The history of an endpoint: a record of each deployment and removal, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from slipway.calls import Call
from slipway.executions import SUCCEEDED
from slipway.stack import Stack

MEMBERS = (
    "deploymentId",
    "kind",
    "outcome",
    "changed",
    "action",
    "startedAt",
    "endedAt",
    "endpointConfigName",
    "rolledBackTo",
    "executionArn",
    "cause",
)
LIVE = "●"


def call(stack: Stack, endpoint_name: str, limit: int) -> Call:
    """Return the call that reads the newest records."""
    request = {
        "TableName": stack.deployments_table,
        "KeyConditionExpression": "endpoint = :endpoint",
        "ExpressionAttributeValues": {":endpoint": {"S": endpoint_name.lower()}},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    return Call("dynamodb", "Query", request)


def read(stack: Stack, endpoint_name: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest records as JSON."""
    items = call(stack, endpoint_name, limit).make(stack.session)["Items"]
    plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
    return [{name: item.get(name) for name in MEMBERS} for item in plain]


def away_since(records: Iterable[dict[str, Any]]) -> str | None:
    """Return when the schedule of the endpoint removed it, ISO 8601; None if it is not away."""
    last = next((each for each in records if each["outcome"] == SUCCEEDED), None)
    return str(last["endedAt"]) if last and (last["kind"], last["action"]) == ("schedule", "remove") else None


def table(records: Iterable[dict[str, Any]], live_config: str | None) -> RenderableType:
    """Return the records as a table; the newest one that left the live config is marked."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title in ("", "started (UTC)", "outcome", "id"):
        shown.add_column(title, no_wrap=title != "outcome")
    for record in records:
        is_live = live_config is not None and record["changed"] and record["endpointConfigName"] == live_config
        live_config = None if is_live else live_config
        shown.add_row(
            LIVE if is_live else "",
            short(record["startedAt"]),
            record["outcome"] if record["kind"] == "request" else f"{record['outcome']} ({record['kind']})",
            record["deploymentId"],
            style=None if record["outcome"] == SUCCEEDED else "red",
        )
    return shown


def short(moment: str) -> str:
    """Return an ISO 8601 time to the minute, in UTC."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def nothing(endpoint_name: str) -> Text:
    """Return that there is no record."""
    return Text(f"There is no recorded deployment of {endpoint_name}.")
