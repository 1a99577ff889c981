"""The command's entry point: its commands, each imported when it is used."""

from __future__ import annotations

import importlib
import io
import sys

import click

# Command and where it is defined. Imports cost time, so `slipway validate` does not import the AWS SDK.
COMMANDS: dict[str, str] = {
    "init": "slipway.commands.init:init",
    "validate": "slipway.commands.validate:validate",
    "plan": "slipway.commands.plan:plan",
    "deploy": "slipway.commands.deploy:deploy",
    "watch": "slipway.commands.watch:watch",
    "status": "slipway.commands.status:status",
    "history": "slipway.commands.history:history",
    "rollback": "slipway.commands.rollback:rollback",
    "remove": "slipway.commands.remove:remove",
    "explain": "slipway.commands.explain:explain",
    "invoke": "slipway.commands.invoke:invoke",
    "approve": "slipway.commands.approve:approve",
    "profile": "slipway.commands.profile:profile",
    "schema": "slipway.commands.schema:schema",
    "package": "slipway.commands.package:package",
}


class Commands(click.Group):
    """The commands in the order of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="slipway", message="%(prog)s %(version)s")
def main() -> None:
    """Deploy models to SageMaker endpoints, and see what happens to them."""


def run() -> None:
    """Run the command of the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an encoding such as cp1252 has no "✓"
            stream.reconfigure(errors="replace")
    main(prog_name="slipway")
