"""Draws a picture as PNG, with the font of this environment alone: `renderer.py SVG PNG`, run by `png.py`.

A machine need not have a font; without one, the renderer leaves out all text and reports no error.
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

import resvg_py

FAMILY = "Roboto"
WEIGHTS = ("Regular", "Bold")
WIDTH = 1600


def main(svg: str, png: str) -> None:
    folder = resources.files("font_roboto") / "files"
    fonts = [str(folder / f"{FAMILY}-{weight}.ttf") for weight in WEIGHTS]
    drawn = resvg_py.svg_to_bytes(
        svg_path=svg, width=WIDTH, skip_system_fonts=True, font_files=fonts, sans_serif_family=FAMILY
    )
    Path(png).write_bytes(bytes(drawn))


if __name__ == "__main__":
    main(*sys.argv[1:])
