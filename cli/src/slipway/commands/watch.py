"""`slipway watch`."""

from __future__ import annotations

import click

from slipway import executions, running
from slipway.calls import Call
from slipway.command import Answer, App, command
from slipway.errors import usage_error


@click.command()
@click.argument("execution", required=False)
@command()
def watch(app: App, execution: str | None) -> Answer:
    """Follow an execution until it ends, by its ARN or name; by default the one that runs."""
    arn = executions.find(app.stack, execution)["executionArn"] if execution else _only_running(app)
    if app.shows_command:
        request = {"executionArn": arn}
        return app.commands(
            *(Call("stepfunctions", each, request) for each in ("DescribeExecution", "GetExecutionHistory"))
        )
    return running.watch(app, arn)


def _only_running(app: App) -> str:
    machines = (app.stack.deploy_machine, app.stack.removal_machine)
    running = [each for machine in machines for each in executions.newest(app.session, machine, executions.RUNNING)]
    if len(running) == 1:
        return str(running[0]["executionArn"])
    if not running:
        remedy = "slipway history ENDPOINT lists the deployments of an endpoint."
        raise usage_error("NothingRuns", f"No execution of stack {app.stack.name} is running.", remedy)
    listed = ", ".join(each["name"] for each in running)
    raise usage_error("SeveralRun", f"{len(running)} executions are running.", f"Choose one: {listed}.")
