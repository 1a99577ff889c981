"""`python -m tools.security checkov` or `cdk-nag`: exit with 1 on findings without a reason or stale exceptions."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import environment, stack
from tools.security.exceptions import Finding, exceptions_of, problems
from tools.transform import transformed

FOLDER = Path(__file__).parent
REQUIREMENTS = stack.ROOT / "requirements" / "security.txt"
ENVIRONMENT = stack.ROOT / ".venv-security"


def main() -> int:
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.json"
        template.write_text(json.dumps(transformed(stack.ROOT / "template.yaml")))
        found = TOOLS[tool](template)
    faults = problems(found, exceptions_of(tool))
    print("\n".join(faults) or f"{len(found)} findings of {tool}, each with its reason in exceptions.toml")
    return 1 if faults else 0


def _checkov(template: Path) -> list[Finding]:
    python = environment.set_up(ENVIRONMENT, REQUIREMENTS)
    # --soft-fail: otherwise it exits with 1 even if every finding has a reason
    options = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--soft-fail", "-o", "json"]
    command = [str(python.with_name("checkov")), "-f", str(template), *options]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    failed = report["results"]["failed_checks"]
    return [Finding(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed]


def _cdk_nag(template: Path) -> list[Finding]:
    command = ["node", str(FOLDER / "nag.cjs"), str(template)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [Finding(rule, resource) for rule, resource in json.loads(done.stdout)]


TOOLS: dict[str, Callable[[Path], list[Finding]]] = {"checkov": _checkov, "cdk-nag": _cdk_nag}

if __name__ == "__main__":
    sys.exit(main())
