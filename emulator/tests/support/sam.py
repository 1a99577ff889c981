"""The real `sam` against the local AWS."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from local_aws import LocalAws


def sam(aws: LocalAws, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Output and exit code of `sam <arguments>` in `folder`."""
    command = [str(Path(sys.executable).with_name("sam")), *arguments]
    with tempfile.TemporaryDirectory() as temporary:  # sam leaves an empty folder there for each function
        environment = {**aws.environment, "TMPDIR": temporary}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def deploy(aws: LocalAws, folder: Path, stack_name: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Output and exit code of `sam deploy` of the source folder, without a build."""
    return sam(
        aws,
        folder,
        "deploy",
        "--template-file",
        "template.yaml",
        "--stack-name",
        stack_name,
        "--resolve-s3",
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        *more,
    )
