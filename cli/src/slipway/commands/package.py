"""`slipway package`."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from slipway.command import TEXT, Answer, App, Lines, command
from slipway.errors import Exit
from slipway.packaging import FRAMEWORKS, Package, PackagingError, Sample, Source, build
from slipway.packaging.package import FILE_NAME, Trying
from slipway.packaging.payload import DOCUMENTATION_BUCKET, payload
from slipway.packaging.trial import SECONDS

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,47}")  # as in request.schema.json
WARNING = (
    "The script runs on this machine and loads the model: package only code and models that you trust "
    "(a pickle can run any code). --no-run checks the script without running it."
)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _valid_name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not NAME.fullmatch(value):
        raise click.BadParameter("a name has up to 48 letters, digits and hyphens, and no hyphen at an end")
    return value


def _name_of(folder: Path) -> str:
    """Name for an endpoint, made of the folder's name."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", folder.resolve().name)[:48].strip("-") or "model"


@dataclass(frozen=True)
class Place:
    """Where the archive goes to, and under which name the model is deployed."""

    name: str
    bucket: str


@click.command()
@click.argument("model", type=FOLDER, metavar="MODEL_FOLDER")
@click.option("--code", type=FOLDER, help="Folder with inference.py and requirements.txt [MODEL_FOLDER/code].")
@click.option("--framework", type=click.Choice(list(FRAMEWORKS)), required=True, help="Framework of the image.")
@click.option("--version", help="Version of the framework's image [the newest known one].")
@click.option("--network-isolation", is_flag=True, help="The model runs in network isolation.")
@click.option(
    "--sample", type=FILE, help="Body of a request that the model must answer; it becomes the payload's test."
)
@click.option("--content-type", help="Content type of the sample [from its suffix].")
@click.option("--accept", default="application/json", show_default=True, help="Type of the answer.")
@click.option("--python", type=FILE, help="Interpreter with the packages of the framework's image [this one].")
@click.option("--time-limit", type=click.FloatRange(min=0.1), default=SECONDS, show_default=True, help="In seconds.")
@click.option("--no-run", is_flag=True, help="Do not run the script.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(FILE_NAME),
    show_default=True,
    help="The archive.",
)
@click.option("--name", callback=_valid_name, help="Name of endpoint and model in the payload [from MODEL_FOLDER].")
@click.option("--bucket", default=DOCUMENTATION_BUCKET, show_default=True, help="Bucket to upload the archive to.")
@command(aws=False)
def package(
    app: App,
    *,
    model: Path,
    code: Path | None,
    framework: str,
    version: str | None,
    network_isolation: bool,
    sample: Path | None,
    content_type: str | None,
    accept: str,
    python: Path | None,
    time_limit: float,
    no_run: bool,
    out: Path,
    name: str | None,
    bucket: str,
) -> Answer:
    """Build model.tar.gz as the framework's container expects it, and print the payload that deploys it.

    The script is checked without running it, then run on the sample. The report goes to standard error.
    """
    chosen = FRAMEWORKS[framework]
    source = Source(model, code, chosen, version or chosen.version, network_isolation)
    body = Sample(sample, content_type or Sample.content_type_of(sample), accept) if sample else None
    if not no_run:
        click.echo(WARNING, err=True)
    try:
        built = build(source, out, None if no_run else Trying(body, python, time_limit))
    except PackagingError as error:
        click.echo(str(error), err=True)
        return Answer({"faults": [asdict(fault) for fault in error.faults]}, [], Exit.REFUSED)
    report = _Report(built, Place(name or _name_of(model), bucket), body)
    if app.output == TEXT:
        click.echo("\n".join(report.lines()), err=True)
    return Answer(report.document(), [Lines([json.dumps(report.payload, indent=2, ensure_ascii=False)])])


class _Report:
    """What the command says of a package."""

    def __init__(self, package: Package, place: Place, sample: Sample | None) -> None:
        self._package = package
        self._uri = f"s3://{place.bucket}/{package.key(place.name)}"
        self.payload = payload(package, place.name, place.bucket, sample)

    @property
    def upload(self) -> str:
        """Command that uploads the archive."""
        return f"aws s3 cp {shlex.quote(str(self._package.path))} {self._uri}"

    def document(self) -> dict[str, Any]:
        """The report as one JSON document."""
        built, tried = self._package, self._package.trial
        return {
            "archive": {
                "path": str(built.path),
                "bytes": built.size,
                "sha256": built.sha256,
                "files": list(built.names),
            },
            "hooks": list(built.hooks),
            "trial": tried
            and {
                "seconds": dict(tried.steps),
                "answer": tried.answer,
                "contentType": tried.content_type,
                "incomplete": tried.incomplete or None,
            },
            "upload": self.upload,
            "payload": self.payload,
        }

    def lines(self) -> list[str]:
        """The report for people, without the payload."""
        built = self._package
        return [
            f"check     {', '.join(built.hooks) or 'no script'}",
            *self._trial(),
            f"archive   {built.path}: {_size(built.size)}, {len(built.names)} files, sha256 {built.sha256}",
            f"upload    {self.upload}",
            "payload",
        ]

    def _trial(self) -> list[str]:
        tried = self._package.trial
        if tried is None:
            return ["run       not run"]
        steps = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in tried.steps)
        lines = [f"run       {steps or 'nothing'}"]
        if tried.answer is not None:
            lines.append(f"answer    {tried.answer.strip()} ({tried.content_type})")
        if tried.incomplete:
            lines.append(f"          not run to the end: {tried.incomplete}")
        return lines


def _size(count: int) -> str:
    return f"{count / 1024:,.1f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"
