"""`slipway profile`."""

from __future__ import annotations

import json

import click

from slipway import payload, profiles
from slipway.command import Answer, App, Lines, command


@click.group()
def profile() -> None:
    """Write, show and check the deployment profile of a model package group."""


@profile.command("set")
@click.argument("group")
@click.argument("file")
@command()
def set_profile(app: App, group: str, file: str) -> Answer:
    """Write the profile of a group, if it is valid.

    FILE is a request in JSON or YAML whose variants have no ModelName; - is standard input.
    """
    content = payload.read_request(file)
    profiles.require_valid(content, file)
    call = profiles.put_call(app.stack, group, content)
    if app.shows_command:
        return app.commands(call)
    version = call.make(app.session)["Version"]
    name = app.stack.profile_name(group)
    document = {"name": name, "version": version, "profile": content}
    return Answer(document, [f"{name} has version {version}. It is used from the next approval on."])


@profile.command("show")
@click.argument("group")
@command()
def show_profile(app: App, group: str) -> Answer:
    """Show the profile of a group."""
    if app.shows_command:
        return app.commands(profiles.get_call(app.stack, group))
    content = profiles.read(app.stack, group)
    document = {"name": app.stack.profile_name(group), "profile": content}
    return Answer(document, [Lines([json.dumps(content, indent=2, ensure_ascii=False)])])


@profile.command("check")
@click.argument("group")
@command()
def check_profile(app: App, group: str) -> Answer:
    """Check that a group has a profile, and that it is valid."""
    if app.shows_command:
        return app.commands(profiles.get_call(app.stack, group))
    name = app.stack.profile_name(group)
    profiles.read_valid(app.stack, group)
    return Answer({"name": name, "valid": True}, [f"{name} is valid."])
