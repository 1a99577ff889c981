"""cfn-lint over the template as CloudFormation sees it: there it finds misspelt IAM actions, as it does not before."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path

from tools.stack import ROOT
from tools.transform import transformed

MESSAGE_CHARACTERS = 200  # a misspelt action is answered with the list of all


def findings(template: Path) -> list[str]:
    """What cfn-lint has to say on the transformed template, a line each; empty when there is nothing."""
    from cfnlint.api import lint  # half a second, which each process that collects the tests would pay

    matches = lint(json.dumps(transformed(template)))
    return [
        f"{match.rule.id} {'/'.join(map(str, getattr(match, 'path', None) or []))}: "
        f"{textwrap.shorten(match.message, MESSAGE_CHARACTERS, placeholder=' …')}"
        for match in matches
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.lint_transformed", description=__doc__)
    parser.add_argument("template", type=Path, nargs="?", default=ROOT / "template.yaml")
    found = findings(parser.parse_args().template)
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
