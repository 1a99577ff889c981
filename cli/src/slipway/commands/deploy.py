"""`slipway deploy`."""

from __future__ import annotations

import click

from slipway import payload, running
from slipway.command import Answer, App, command
from slipway.questions import ask


@click.command()
@click.argument("file")
@click.option("--plan-hash", metavar="HASH", help="Run the plan with this hash, or nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command()
def deploy(app: App, file: str, plan_hash: str | None, *, yes: bool) -> Answer:
    """Show the plan of a payload, ask, deploy it, and show each state.

    FILE is a request in JSON or YAML; - is standard input, which needs --plan-hash or --yes.
    """
    request = payload.read_request(file)
    machine = app.stack.machine_for(request)
    if plan_hash is not None:
        return running.run(app, machine, request | {"planHash": plan_hash})
    return running.plan_ask_run(app, machine, request, asks=not yes, confirm=lambda: ask(app, "Run this plan?"))
