"""`slipway explain`."""

from __future__ import annotations

from typing import Any

import click

from slipway import executions, explanation
from slipway.calls import Call
from slipway.command import Answer, App, command
from slipway.errors import usage_error


@click.command()
@click.argument("execution", required=False)
@command()
def explain(app: App, execution: str | None) -> Answer:
    """Show why an execution failed, by its ARN or name; by default the last one that failed.

    It shows the state and the error, every attempt that failed, and the last log lines of the containers.
    """
    described = executions.find(app.stack, execution) if execution else _last_failed(app)
    arn, name = described["executionArn"], executions.endpoint_name(described)
    history = [] if name and app.shows_command else executions.events(app.session, arn)
    name = name or explanation.endpoint_name(history)
    groups = explanation.log_groups(name, described.get("cause")) if name else []
    if app.shows_command:
        of_execution = [
            Call("stepfunctions", each, {"executionArn": arn}) for each in ("DescribeExecution", "GetExecutionHistory")
        ]
        return app.commands(*of_execution, *explanation.log_calls(groups))
    document: dict[str, Any] = {
        "executionArn": arn,
        "deploymentId": described["name"],
        "endpointName": name,
        "status": described["status"],
        "error": described.get("error"),
        "cause": described.get("cause"),
        "lastState": explanation.last_state(history),
        "attempts": explanation.attempts(history, executions.definition(app.session, arn)),
        "containerLogs": explanation.container_logs(app.session, groups, described["startDate"]),
    }
    return Answer(document, explanation.text(document))


def _last_failed(app: App) -> dict[str, Any]:
    machines = (app.stack.deploy_machine, app.stack.removal_machine)
    ended = [
        each
        for machine in machines
        for status in ("FAILED", "ABORTED", "TIMED_OUT")
        if (each := next(executions.newest(app.session, machine, status), None))
    ]
    if not ended:
        remedy = "slipway history ENDPOINT lists the deployments of an endpoint."
        raise usage_error("NothingFailed", f"No execution of stack {app.stack.name} failed.", remedy)
    last = max(ended, key=lambda each: each["stopDate"])
    return executions.describe(app.session, last["executionArn"])
