"""PNG of a picture, with resvg-py, which is installed on request only."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

PACKAGE = "resvg-py"
WIDTH = 1600


class NoRendererError(RuntimeError):
    """resvg-py is not installed; the message says how to install it."""


def require() -> None:
    """Check that PNG can be written.

    Raises
    ------
    NoRendererError
        If resvg-py is not installed.
    """
    _renderer()


def write(svg: Path) -> Path:
    """Write the picture as PNG beside it, and return its path."""
    png = svg.with_suffix(".png")
    png.write_bytes(bytes(_renderer().svg_to_bytes(svg_path=str(svg), width=WIDTH)))
    return png


def _renderer() -> Any:
    try:
        return importlib.import_module("resvg_py")
    except ImportError as error:
        remedy = f"install it into the environment: .venv/bin/uv pip install {PACKAGE}"
        raise NoRendererError(f"PNG=1 needs the package {PACKAGE}; {remedy}") from error
