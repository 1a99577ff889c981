"""`slipway plan`."""

from __future__ import annotations

import click

from slipway import executions, payload, plan_view
from slipway.command import JSON, MARKDOWN, TEXT, Answer, App, command


@click.command()
@click.argument("file")
@command(output=(TEXT, JSON, MARKDOWN))
def plan(app: App, file: str) -> Answer:
    """Show what a payload would do, and change nothing.

    FILE is a request to deploy, to roll back or to remove, in JSON or YAML; - is standard input.
    """
    request = payload.read_request(file)
    machine = app.stack.machine_for(request)
    if app.shows_command:
        return app.commands(executions.start_call(machine, request | {"dryRun": True}))
    report = executions.planned(app.stack, machine, request)
    return Answer(report, plan_view.text(report), markdown=plan_view.markdown(report))
