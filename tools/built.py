"""`sam build` as for AWS, then for this machine, deployed to and run on the local AWS.

The local AWS replaces the compiled libraries of a build for Lambda's arm64. A build for this machine runs as on AWS:
with the packaged libraries, on the functions' Python version. The deployer is a role with only the permissions of
`tools/deployer.py`, which also updates and deletes the stack.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from local_aws import LocalAws
from tools import deployer, environment, pythons, stack

RUNTIME = "3.13"
BUILD = stack.ROOT / ".build"
TEMPLATE = stack.ROOT / "template.yaml"
EVENT = stack.ROOT / "events" / "deploy_endpoint.json"
REQUIREMENTS = stack.ROOT / "requirements" / "dev.txt"
ENVIRONMENT = stack.ROOT / ".venv-built"
LAMBDA_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


class BuildError(RuntimeError):
    """`sam build` failed; the message is its output."""


@dataclass(frozen=True)
class Size:
    """Size of the functions' artifact.

    Attributes
    ----------
    unzipped_bytes, zipped_bytes : int
        AWS allows 250 MiB unzipped (Lambda developer guide, Lambda quotas).
    """

    unzipped_bytes: int
    zipped_bytes: int


def build(template: Path = TEMPLATE, name: str = "sam") -> Path:
    """Run `sam build` into ``.build/<name>`` and return the built template.

    Raises
    ------
    NoSuchPythonError
        If the functions' runtime is not installed.
    BuildError
        If `sam build` fails.
    """
    path = os.pathsep.join([str(pythons.find(RUNTIME).parent), os.environ["PATH"]])
    sam = Path(sys.executable).with_name("sam")
    folders = ["--build-dir", str(BUILD / name), "--cached", "--cache-dir", str(BUILD / f"{name}-cache")]
    done = subprocess.run(
        [sam, "build", "--template", template, *folders],
        cwd=stack.ROOT,
        env=os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(done.stdout + done.stderr)
    return BUILD / name / "template.yaml"


def artifact(template: Path) -> Path:
    """Folder of a function in the build; all functions have the same content."""
    return next(folder for folder in sorted(template.parent.iterdir()) if (folder / "shared").is_dir())


def size(folder: Path) -> Size:
    """Size of the folder, and of its zip file as `sam deploy` uploads it."""
    files = [found for found in folder.rglob("*") if found.is_file()]
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in files:
            zipped.write(file, file.relative_to(folder))
    zipped_bytes = archive.stat().st_size
    archive.unlink()
    return Size(sum(file.stat().st_size for file in files), zipped_bytes)


def template_for_this_machine() -> Path:
    """Copy of the template with functions for this machine's processor."""
    text = TEMPLATE.read_text()
    for before, after in (
        ("Architectures: [arm64]", f"Architectures: [{LAMBDA_ARCHITECTURES[platform.machine()]}]"),
        ("CodeUri: functions/", f"CodeUri: {stack.ROOT}/functions/"),
        ("DefinitionUri: statemachine/", f"DefinitionUri: {stack.ROOT}/statemachine/"),
        ("LicenseUrl: ", f"LicenseUrl: {stack.ROOT}/"),
        ("ReadmeUrl: ", f"ReadmeUrl: {stack.ROOT}/"),
    ):
        if before not in text:
            raise BuildError(f"{TEMPLATE} does not contain `{before}` any more")
        text = text.replace(before, after)
    copy = BUILD / "template.yaml"
    copy.write_text(text)
    return copy


def run(template: Path) -> int:
    """Deploy the build with a deployer's permissions, run the field's original payload, update and delete the stack.

    Returns 0 if everything succeeds.
    """
    with LocalAws() as aws:
        stack.make_model_role(aws)
        caller = deployer.credentials(aws)
        outputs = stack.deploy(aws, template=template, caller=caller)
        described = stack.execute(aws, outputs["DeployEndpointStateMachineArn"], json.loads(EVENT.read_text()))
        deployer.update(aws, caller, Stage="another")
        deployer.delete(aws, caller)
    print(f"{EVENT.relative_to(stack.ROOT)}: {described['status']} {described.get('cause', '')}")
    print("deployed, updated and deleted with these permissions only:")
    for statement in [each for document in deployer.policies() for each in document["Statement"]]:
        print(f"  {', '.join(statement['Action'])} on {', '.join(statement['Resource'])}")
    return 0 if described["status"] == "SUCCEEDED" else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.built", description=__doc__)
    parser.add_argument("--run", type=Path, metavar="TEMPLATE", help="only run this build, on this Python")
    arguments = parser.parse_args()
    if arguments.run:
        return run(arguments.run)
    try:
        python = pythons.find(RUNTIME)
    except pythons.NoSuchPythonError as error:
        print(f"skipped: {error}")
        return 1 if os.environ.get("CI") == "true" else 0
    measured = size(artifact(build()))
    print(
        f"built for Lambda: {measured.zipped_bytes / 2**20:.1f} MiB zipped, "
        f"{measured.unzipped_bytes / 2**20:.1f} MiB unzipped"
    )
    if sys.platform != "linux":
        print("not run: the libraries of Lambda functions are for Linux")
        return 0
    template = build(template_for_this_machine(), "sam-for-this-machine")
    inside = environment.set_up(ENVIRONMENT, REQUIREMENTS, python)
    return subprocess.run([inside, "-m", "tools.built", "--run", template], cwd=stack.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
