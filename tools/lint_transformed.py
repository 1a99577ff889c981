"""cfn-lint on the transformed template: only there it finds misspelt IAM actions."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path

from tools.stack import ROOT
from tools.transform import transformed

MESSAGE_CHARACTERS = 200  # the message about a misspelt action lists all actions


def findings(template: Path) -> list[str]:
    """Findings of cfn-lint on the transformed template, one line each."""
    from cfnlint.api import lint  # takes half a second, which test collection must not pay

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
