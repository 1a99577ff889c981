"""What `deploy`, `rollback` and `remove` do: show the plan, ask, start the execution, follow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from slipway import executions, following, plan_view, result_view
from slipway.calls import Call
from slipway.command import Answer, App, Lines
from slipway.errors import CommandError, Exit, usage_error

Confirm = Callable[[], bool]


def plan_ask_run(app: App, machine_arn: str, request: dict[str, Any], *, asks: bool, confirm: Confirm) -> Answer:
    """Show the plan of the request, ask, run exactly this plan and follow it.

    Parameters
    ----------
    asks : bool
        Whether to ask, if the plan has steps; otherwise the request runs whatever its plan is by then.
    confirm : callable
        Asks, and returns whether to go on.
    """
    if app.shows_command:
        return app.commands(executions.start_call(machine_arn, request))
    if asks and not app.can_ask:
        problem = "There is no terminal to ask on."
        raise usage_error(
            "NotATerminal", problem, "Run the plan that you saw with --plan-hash, or any plan with --yes."
        )
    report = executions.planned(app.stack, machine_arn, request)
    app.say(*plan_view.text(report))
    if asks and report["steps"]:
        if not confirm():
            raise CommandError("NotConfirmed", "Nothing was changed.", "Confirm the plan to run it.", Exit.FAILED)
        request = request | {"planHash": report["planHash"]}
    return run(app, machine_arn, request)


def run(app: App, machine_arn: str, request: dict[str, Any]) -> Answer:
    """Start the request and follow its execution."""
    call = executions.start_call(machine_arn, request)
    if app.shows_command:
        return app.commands(call)
    return watch(app, executions.start(app.session, machine_arn, request))


def watch(app: App, arn: str) -> Answer:
    """Follow an execution to its end."""
    name = arn.rsplit(":", 1)[-1]
    app.say(Text(f"Execution {name}\n"))
    try:
        ended, timeline = following.follow(app.session, arn, app.progress)
    except (KeyboardInterrupt, BotoCoreError, ClientError):
        stop = Call("stepfunctions", "StopExecution", {"executionArn": arn}).command(
            app.session.region, app.session.profile
        )
        watching = f"The execution continues. To watch it: slipway watch {name}"
        app.say(Lines(["", watching, f"To stop it: {stop}"]))
        raise
    return Answer(result_view.document(ended, timeline), result_view.text(ended), executions.exit_code(ended))
