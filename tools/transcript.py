"""Output of `make demo`, normalised so that it does not depend on run and machine."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

from tools.stack import ROOT

COMMAND = "make demo"
# Duration of each step, and progress lines of steps that take seconds on a slow machine.
STEP = (r"^.{16}… \d+ s  .*\n", "")
# Name of the bucket that CloudFormation makes up.
BUCKET = (r"(s3://slipway-artifactbucket-)\w+", r"\1…")
# Hash of the artifact, whose name and version in S3 are made up.
HASH = (r"\biris-[0-9a-f]{12}\b", "iris-…")
LATENCY = (r"after \d+ ms", "after … ms")
# Size and hash of the archive: floating-point numbers differ between machines.
ARCHIVE = (r"\d+ bytes, sha256 \w+", "… bytes, sha256 ")
VOLATILE = (STEP, BUCKET, HASH, ARCHIVE, LATENCY, (r" in \d+\.\d s$", ""), (r"[ \t]+$", ""))


class DemoError(RuntimeError):
    """The demo failed; the message is its output."""


@cache
def text() -> str:
    """Return the transcript of the demo, which runs once per process.

    Raises
    ------
    DemoError
        If a step ends otherwise than it says.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoError(done.stdout + done.stderr)
    return f"$ {COMMAND}\n{normalised(done.stdout)}"


def normalised(printed: str) -> str:
    """Return the text without the parts that depend on the run."""
    for pattern, replacement in VOLATILE:
        printed = re.sub(pattern, replacement, printed, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", printed).strip("\n")
