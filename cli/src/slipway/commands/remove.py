"""`slipway remove`."""

from __future__ import annotations

from typing import Any

import click

from slipway import running
from slipway.command import Answer, App, command
from slipway.questions import ask_for


@click.command()
@click.argument("endpoint")
@click.option("--delete-records", is_flag=True, help="Delete the history, too.")
@click.option("--plan-hash", metavar="HASH", help="Run the plan with this hash, or nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
@command()
def remove(app: App, endpoint: str, plan_hash: str | None, *, delete_records: bool, yes: bool) -> Answer:
    """Remove an endpoint with everything that Slipway created for it.

    The command asks for the name of the endpoint: requests to a removed endpoint fail.
    """
    request: dict[str, Any] = {"endpointName": endpoint, "confirm": endpoint}
    if delete_records:
        request["deleteRecords"] = True
    machine = app.stack.removal_machine
    if plan_hash is not None:
        return running.run(app, machine, request | {"planHash": plan_hash})
    question = "To remove it, type the name of the endpoint"
    return running.plan_ask_run(app, machine, request, asks=not yes, confirm=lambda: ask_for(app, question, endpoint))
