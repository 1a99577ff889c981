"""PNG of a picture has its text on a machine without fonts: the renderer leaves it out in silence without one."""

from pathlib import Path

import pytest

from tools.rehearse import png

TEXT = """<svg viewBox="0 0 80 20" xmlns="http://www.w3.org/2000/svg" font-family="Helvetica, sans-serif">
<rect width="100%" height="100%" fill="#ffffff"/>{}</svg>"""


def drawn(tmp_path: Path, name: str, content: str) -> bytes:
    svg = tmp_path / f"{name}.svg"
    svg.write_text(TEXT.format(content))
    return png.write(svg, png.require()).read_bytes()


@pytest.mark.parametrize("weight", [400, 600])
@pytest.mark.parametrize("character", "aZ09%×–·…")
def test_text_is_drawn_with_the_pinned_font(tmp_path: Path, character: str, weight: int) -> None:
    blank = drawn(tmp_path, "blank", "")
    text = drawn(tmp_path, "text", f'<text x="5" y="15" font-weight="{weight}">{character}</text>')

    assert blank.startswith(b"\x89PNG")
    assert text != blank
