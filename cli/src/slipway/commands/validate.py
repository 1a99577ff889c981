"""`slipway validate`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from slipway import payload, validation
from slipway.command import Answer, App, command
from slipway.errors import Exit


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@command(aws=False)
def validate(_: App, files: tuple[str, ...]) -> Answer:
    """Check payloads against the schema, without AWS.

    A FILE is JSON or YAML; - is standard input.
    The plan also checks the rules across fields, and what exists.
    """
    found = {path: [validation.as_document(each) for each in validation.faults(payload.read(path))] for path in files}
    document = {"files": [{"file": path, "valid": not faults, "faults": faults} for path, faults in found.items()]}
    return Answer(document, _text(found), Exit.REFUSED if any(found.values()) else Exit.AS_ASKED)


def _text(found: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    for path, faults in found.items():
        if not faults:
            yield f"{path}: valid"
        for fault in faults:
            stop = "" if fault["remedy"].endswith("?") else "."
            yield f"{path}: {fault['pointer'] or '(the whole)'}: {fault['problem']}. {fault['remedy']}{stop}"
