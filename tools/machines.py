"""The project's state machines, as they are written; a machine is named for its file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from tools.graph import Definition
from tools.stack import ROOT

SUFFIX = ".asl.yaml"
NAMES = tuple(sorted(path.name.removesuffix(SUFFIX) for path in (ROOT / "statemachine").glob(f"*{SUFFIX}")))


def path(name: str) -> Path:
    """The machine's file."""
    return ROOT / "statemachine" / f"{name}{SUFFIX}"


@cache
def definition(name: str) -> Definition:
    """The machine's definition, substitutions not filled in."""
    parsed: Definition = yaml.safe_load(path(name).read_text())
    return parsed
