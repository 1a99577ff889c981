"""`slipway schema`."""

from __future__ import annotations

import click

from slipway import validation
from slipway.command import Answer, App, Lines, command


@click.command()
@click.option("--removal", is_flag=True, help="The schema of a request to remove an endpoint.")
@command(aws=False)
def schema(_: App, *, removal: bool) -> Answer:
    """Print the JSON Schema of a request, with which editors complete payloads."""
    path = validation.schema_path(is_removal=removal)
    return Answer(validation.schema(is_removal=removal), [Lines([path.read_text(encoding="utf-8").rstrip()])])
