"""The project's state machine definitions, by file name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from slipway.graph import Definition
from tools.stack import ROOT

SUFFIX = ".asl.yaml"
NAMES = tuple(sorted(path.name.removesuffix(SUFFIX) for path in (ROOT / "statemachine").glob(f"*{SUFFIX}")))


def path(name: str) -> Path:
    """The machine's file."""
    return ROOT / "statemachine" / f"{name}{SUFFIX}"


@cache
def definition(name: str) -> Definition:
    """Definition of the machine with its substitutions unresolved."""
    parsed: Definition = yaml.safe_load(path(name).read_text())
    return parsed
