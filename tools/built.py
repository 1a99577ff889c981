"""`sam build`, then the built template on the local AWS and one deployment on it: what a user of AWS will do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from emulator.local_aws import LocalAws
from tools import pythons, stack

RUNTIME = "3.13"
BUILD = stack.ROOT / ".build" / "sam"
CACHE = stack.ROOT / ".build" / "sam-cache"
EVENT = stack.ROOT / "events" / "deploy_endpoint.json"
GIVE_UP_SECONDS = 120.0


class BuildError(RuntimeError):
    """`sam build` failed; the message is what it printed."""


@dataclass(frozen=True)
class Size:
    """How large what a function runs from is.

    Attributes
    ----------
    unzipped_bytes, zipped_bytes : int
        AWS allows 250 MiB unzipped (Lambda developer guide, Lambda quotas); what is zipped is what a cold start loads.
    """

    unzipped_bytes: int
    zipped_bytes: int


def build() -> Path:
    """Run `sam build`; returns the built template.

    Raises
    ------
    NoSuchPythonError
        When the functions' runtime is not on this machine.
    BuildError
        When `sam build` exits with anything but 0.
    """
    path = os.pathsep.join([str(pythons.find(RUNTIME).parent), os.environ["PATH"]])
    sam = Path(sys.executable).with_name("sam")
    folders = ["--build-dir", str(BUILD), "--cached", "--cache-dir", str(CACHE)]
    done = subprocess.run(
        [sam, "build", "--template", stack.ROOT / "template.yaml", *folders],
        cwd=stack.ROOT,
        env=os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(done.stdout + done.stderr)
    return BUILD / "template.yaml"


def folders() -> list[Path]:
    """What was built: one folder, because the functions share their code."""
    return sorted(found for found in BUILD.iterdir() if found.is_dir() and (found / "shared").is_dir())


def size(folder: Path) -> Size:
    files = [found for found in folder.rglob("*") if found.is_file()]
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in files:
            zipped.write(file, file.relative_to(folder))
    zipped_bytes = archive.stat().st_size
    archive.unlink()
    return Size(sum(file.stat().st_size for file in files), zipped_bytes)


def run_event(aws: LocalAws, machine_arn: str) -> dict[str, str]:
    """What became of the execution of the field's original payload: DescribeExecution's answer."""
    states = aws.client("stepfunctions")
    payload = json.loads(EVENT.read_text())
    stack.make_models(aws, payload)
    arn = states.start_execution(stateMachineArn=machine_arn, input=json.dumps(payload))["executionArn"]
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < give_up_at:
        described: dict[str, str] = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.05)
    raise TimeoutError(f"{arn} still runs after {GIVE_UP_SECONDS:g} s")


def main() -> int:
    try:
        template = build()
    except pythons.NoSuchPythonError as error:
        print(f"passed over: {error}")
        return 1 if os.environ.get("CI") == "true" else 0
    for folder in folders():
        measured = size(folder)
        print(
            f"built {folder.name}: {measured.zipped_bytes / 2**20:.1f} MiB zipped, "
            f"{measured.unzipped_bytes / 2**20:.1f} MiB unzipped"
        )
    with LocalAws() as aws:
        stack.make_model_role(aws)
        outputs = stack.deploy(aws, template=template)
        described = run_event(aws, outputs["DeployEndpointStateMachineArn"])
    print(f"{EVENT.relative_to(stack.ROOT)}: {described['status']} {described.get('cause', '')}")
    return 0 if described["status"] == "SUCCEEDED" else 1


if __name__ == "__main__":
    sys.exit(main())
