"""Pictures of the README's transcript of `make demo`, light and dark."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.terminal_theme import TerminalTheme

from tools.docs import PART
from tools.page import THEME, WIDTH, Colours
from tools.stack import ROOT

DOCUMENT = ROOT / "README.md"
FENCE = "```"
MARGIN = 2  # columns
# GitHub's colours of its light and dark pages (primer/primitives, base colours), in the order of a terminal's.
LIGHT = TerminalTheme(
    (246, 248, 250),
    (31, 35, 40),
    [
        (31, 35, 40),
        (207, 34, 46),
        (17, 99, 41),
        (77, 45, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (99, 108, 118),
    ],
)
DARK = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
THEMES = {"light": LIGHT, "dark": DARK}
# As rich's own format, without the frame of a window and without a font from the network, which GitHub blocks.
FORMAT = """<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<title>Output of make demo</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
}}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="BACKGROUND"/>
<g class="{unique_id}-matrix">
{matrix}
</g>
</svg>
"""


def files() -> dict[str, Path]:
    """The picture of each theme."""
    return {name: ROOT / "docs" / f"demo-{name}.svg" for name in THEMES}


def transcript() -> str:
    """The transcript in the README, which `make docs` generates."""
    (found,) = [part["text"] for part in PART.finditer(DOCUMENT.read_text()) if part["name"] == "demo"]
    lines = found.splitlines()
    begin = lines.index(f"{FENCE}text")
    return "\n".join(lines[begin + 1 : lines.index(FENCE, begin)])


def svg(text: str, theme: TerminalTheme) -> str:
    """The text as a picture, in the colours of the demo."""
    console = Console(
        record=True,
        width=WIDTH + 2 * MARGIN,
        file=io.StringIO(),
        theme=THEME,
        force_terminal=True,
        color_system="standard",
    )
    console.print(Padding(Colours()(text), (1, MARGIN)))
    background = theme.background_color.hex
    return console.export_svg(theme=theme, code_format=FORMAT.replace("BACKGROUND", background), unique_id="demo")


def main() -> int:
    text = transcript()
    for name, file in files().items():
        file.write_text(svg(text, THEMES[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
