"""`slipway validate`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from slipway import payload, validation
from slipway.command import Answer, App, command
from slipway.errors import Exit


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--profile", "is_profile", is_flag=True, help="They are deployment profiles of model package groups.")
@command(aws=False)
def validate(_: App, files: tuple[str, ...], *, is_profile: bool) -> Answer:
    """Check payloads against the schema and the rules across fields, without AWS.

    A FILE is JSON or YAML; - is standard input.
    The plan also checks what exists, such as the models.
    """
    found = {path: _faults(path, is_profile=is_profile) for path in files}
    document = {"files": [{"file": path, "valid": not faults, "faults": faults} for path, faults in found.items()]}
    return Answer(document, _text(found), Exit.REFUSED if any(found.values()) else Exit.AS_ASKED)


def _faults(path: str, *, is_profile: bool) -> list[dict[str, str]]:
    return [validation.as_document(each) for each in validation.faults(payload.read(path), is_profile=is_profile)]


def _text(found: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    for path, faults in found.items():
        if not faults:
            yield f"{path}: valid"
        for fault in faults:
            stop = "" if fault["remedy"].endswith("?") else "."
            yield f"{path}: {fault['pointer'] or '(the whole)'}: {fault['problem']}. {fault['remedy']}{stop}"
