"""The wheel of the `slipway` command, in a virtual environment that has nothing else."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools import environment, validation_links
from tools.environment import ROOT

OFFLINE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
GOOD, BAD = ROOT / "events" / "deploy_endpoint.json", ROOT / "events" / "bad_unknown_field.json"


class WheelError(RuntimeError):
    """The wheel does not work; the message says what."""


def build(folder: Path) -> Path:
    """Build the wheel into the folder and return its path.

    Raises
    ------
    WheelError
        If it lacks a file of the functions, or has another version of one.
    """
    _run([environment.UV, "build", "-q", "--wheel", ROOT / "cli", "--out-dir", folder])
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for path in sorted(validation_links.needed()):
            name = f"slipway/functions/{path}"
            if name not in archive.namelist() or archive.read(name) != (validation_links.FUNCTIONS / path).read_bytes():
                raise WheelError(
                    f"{wheel.name} does not have the current {path}. Run python -m tools.validation_links."
                )
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel into a new virtual environment in the folder and return its command."""
    _run([environment.UV, "venv", "-q", "--python", sys.executable, folder])
    _run([environment.UV, "pip", "install", "-q", "--python", folder / "bin" / "python", wheel])
    return folder / "bin" / "slipway"


def try_out(command: Path, folder: Path) -> None:
    """Run what works without AWS.

    Raises
    ------
    WheelError
        If a command does not end as expected.
    """
    payload = folder / "payload.yaml"
    _expect(0, [command, "--version"], "slipway ")
    _expect(0, [command, "--help"], "rollback")
    _expect(0, [command, "init", "--out", payload], str(payload))
    _expect(0, [command, "validate", payload, GOOD], f"{GOOD}: valid")
    _expect(3, [command, "validate", BAD], "Did you mean")
    _expect(0, [command, "package", "--help"], "MODEL_FOLDER")
    schema = json.loads(_expect(0, [command, "schema"], "$id"))
    if schema["$id"] != "urn:slipway:deploy-endpoint:request":
        raise WheelError(f"slipway schema has the $id {schema['$id']}")
    _expect(4, [command, "status", "--region", "eu-west-1"], "There are no AWS credentials.")


def _expect(code: int, command: list[str | Path], part: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    done = subprocess.run(command, env=environ | OFFLINE, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    if done.returncode != code or part not in output:
        words = " ".join(map(str, command))
        raise WheelError(f"{words} ended with {done.returncode}, expected {code} and {part!r}:\n{output}")
    return done.stdout


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelError(done.stdout + done.stderr)


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.wheel", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            wheel = build(folder)
            try_out(install(wheel, folder / "venv"), folder)
        except WheelError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{wheel.name}: {wheel.stat().st_size / 1024:.0f} KiB, works alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
