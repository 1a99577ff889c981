"""PNG of pictures, drawn in an environment of its own with a pinned renderer and a pinned font."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools import environment

ENVIRONMENT = environment.ROOT / ".venv-png"
REQUIREMENTS = environment.REQUIREMENTS / "png.txt"
RENDERER = Path(__file__).with_name("renderer.py")


class NoRendererError(RuntimeError):
    """The environment cannot be set up; the message says why."""


def require() -> Path:
    """Set up the environment, once, and return its Python.

    Raises
    ------
    NoRendererError
        If a package cannot be installed.
    """
    try:
        return environment.set_up(ENVIRONMENT, REQUIREMENTS)
    except environment.SetupError as error:
        raise NoRendererError(f"PNG=1 needs the packages in {REQUIREMENTS.name}:\n{error}") from error


def write(svg: Path, python: Path) -> Path:
    """Write the picture as PNG beside it, and return its path."""
    png = svg.with_suffix(".png")
    subprocess.run([python, RENDERER, svg, png], check=True)
    return png
