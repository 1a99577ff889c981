"""`slipway rollback`."""

from __future__ import annotations

from typing import Any

import click

from slipway import running
from slipway.command import Answer, App, command
from slipway.questions import ask


@click.command()
@click.argument("endpoint")
@click.option("--to", metavar="ID", help="Restore this deployment; slipway history lists them.")
@click.option("--plan-hash", metavar="HASH", help="Run the plan with this hash, or nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command()
def rollback(app: App, endpoint: str, to: str | None, plan_hash: str | None, *, yes: bool) -> Answer:
    """Restore the deployment before the live one, or the one given by --to."""
    restored: dict[str, Any] = {"rollback": True} if to is None else {"rollbackTo": to}
    request = {"endpointName": endpoint, **restored}
    machine = app.stack.deploy_machine
    if plan_hash is not None:
        return running.run(app, machine, request | {"planHash": plan_hash})
    return running.plan_ask_run(app, machine, request, asks=not yes, confirm=lambda: ask(app, "Run this plan?"))
