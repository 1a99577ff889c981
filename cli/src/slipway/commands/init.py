"""`slipway init`."""

from __future__ import annotations

from pathlib import Path

import click

from slipway.command import Answer, App, Lines, command
from slipway.errors import usage_error
from slipway.payload import STDIN

STARTS = Path(__file__).parents[1] / "starts"
KINDS = ("real-time", "artifact", "serverless", "asynchronous", "two-variants", "shadow", "profile")


@click.command()
@click.argument("kind", type=click.Choice(KINDS), default=KINDS[0])
@click.option("--out", default="payload.yaml", show_default=True, metavar="FILE", help="File to write; - prints it.")
@command(aws=False)
def init(_: App, kind: str, out: str) -> Answer:
    """Write a commented payload to start from, for a kind of endpoint.

    An existing file is not changed.
    """
    text = (STARTS / f"{kind}.yaml").read_text(encoding="utf-8")
    if out == STDIN:
        return Answer({"kind": kind, "file": None, "text": text}, [Lines([text.rstrip()])])
    try:
        with Path(out).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise usage_error("FileExists", f"{out} exists.", "Choose another file with --out.") from error
    except OSError as error:
        raise usage_error("NotWritable", f"{out} cannot be written: {error.strerror}.", "Check the path.") from error
    follow = f"profile set GROUP {out}" if kind == "profile" else f"validate {out}"
    return Answer({"kind": kind, "file": out, "text": text}, [f"{out} is written. Edit it, then: slipway {follow}"])
