"""`slipway history`."""

from __future__ import annotations

import click

from slipway import endpoint as endpoints
from slipway import history as records
from slipway.command import Answer, App, command


@click.command()
@click.argument("endpoint")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Number of deployments.")
@command()
def history(app: App, endpoint: str, limit: int) -> Answer:
    """List the deployments of an endpoint, the newest first.

    ● marks the one that is live. slipway rollback --to takes the id of one of them.
    """
    if app.shows_command:
        return app.commands(records.call(app.stack, endpoint, limit))
    found = records.read(app.stack, endpoint, limit)
    live = endpoints.live_config(app.stack, endpoint)
    text = records.table(found, live) if found else records.nothing(endpoint)
    return Answer({"endpointName": endpoint, "endpointConfigName": live, "deployments": found}, [text])
