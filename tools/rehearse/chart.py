"""Panels of a picture: axes, lines and steps over the minutes of a rehearsal, as elements of SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

LEFT, RIGHT = 64, 20  # pixels beside a panel
# Widths of characters in their size, in the widest of the fonts (DejaVu Sans).
WIDEST, UPPER, LOWER, NARROW = 1.0, 0.72, 0.62, 0.42
STEPS = (1, 2, 5, 10)  # a tick is one of them, times a power of ten
MOST_TICKS = 5


@dataclass(frozen=True)
class Colours:
    """Colours of a picture, as GitHub's pages have them."""

    background: str
    ink: str
    pale: str
    grid: str
    requests: str
    capacity: str
    other: str
    instances: str
    bad: str


LIGHT = Colours("#ffffff", "#1f2328", "#59636e", "#d8dee4", "#0969da", "#1a7f37", "#8250df", "#9a6700", "#cf222e")
DARK = Colours("#0d1117", "#e6edf3", "#9198a1", "#30363d", "#58a6ff", "#3fb950", "#bc8cff", "#d29922", "#ff7b72")
THEMES = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Panel:
    """A plot of `minutes` minutes, whose y axis has a tick at each `step` until `highest`."""

    top: float
    height: float
    width: float
    minutes: int
    highest: float
    step: float

    def x(self, minute: float) -> float:
        """The pixel of a minute."""
        return LEFT + (self.width - LEFT - RIGHT) * minute / self.minutes

    def y(self, value: float) -> float:
        """The pixel of a value."""
        return self.top + self.height * (1 - min(value, self.highest) / self.highest)

    def frame(self, colours: Colours) -> Iterator[str]:
        """Grid lines with their values."""
        for number in range(round(self.highest / self.step) + 1):
            value = number * self.step
            y = self.y(value)
            yield line(LEFT, y, self.width - RIGHT, y, colours.grid)
            yield text(LEFT - 8, y + 4, f"{value:g}", 11, colours.pale, "end")

    def steps(self, values: Sequence[float | None], colour: str, style: str = "") -> str:
        """A line that holds each value for its minute, interrupted where there is none."""
        parts: list[str] = []
        before: float | None = None
        for minute, value in enumerate(values):
            if value is not None:
                if before is None:
                    parts.append(f"M{self.x(minute):.1f} {self.y(value):.1f}")
                elif value != before:
                    parts.append(f"H{self.x(minute):.1f}V{self.y(value):.1f}")
            elif before is not None:
                parts.append(f"H{self.x(minute):.1f}")
            before = value
        if before is not None:
            parts.append(f"H{self.x(len(values)):.1f}")
        return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" {style or WIDTH}/>'

    def curve(self, values: Sequence[float | None], colour: str) -> str:
        """A line through the middle of each minute, interrupted where there is no value."""
        parts: list[str] = []
        before: float | None = None
        for minute, value in enumerate(values):
            if value is not None:
                parts.append(f"{'M' if before is None else 'L'}{self.x(minute + 0.5):.1f} {self.y(value):.1f}")
            before = value
        return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" {WIDTH}/>'

    def area(self, values: Sequence[float], colour: str) -> str:
        """The space below a value for each minute; nothing where it is 0."""
        parts: list[str] = []
        for minute, value in enumerate(values):
            if value > 0:
                left, right, floor = self.x(minute), self.x(minute + 1), self.y(0)
                parts.append(f"M{left:.1f} {floor:.1f}V{self.y(value):.1f}H{right:.1f}V{floor:.1f}Z")
        return f'<path d="{"".join(parts)}" fill="{colour}" fill-opacity="0.75"/>'

    def level(self, value: float, colour: str) -> str:
        """A dashed line at a value."""
        y = self.y(value)
        return line(LEFT, y, self.width - RIGHT, y, colour, DASHED)

    def band(self, first: int, last: int, colour: str) -> str:
        """The minutes from `first` until before `last`, tinted."""
        x = self.x(first)
        width = max(self.x(last) - x, 1)
        size = f'x="{x:.1f}" y="{self.top:.1f}" width="{width:.1f}" height="{self.height:.1f}"'
        return f'<rect {size} fill="{colour}" fill-opacity="0.18"/>'


WIDTH = 'stroke-width="1.8" stroke-linejoin="round"'
DASHED = 'stroke-width="1.4" stroke-dasharray="5 4"'
DASH_DOTTED = 'stroke-width="1.4" stroke-dasharray="10 3 2 3"'
DOTTED = 'stroke-width="1.8" stroke-dasharray="2 3"'


def axis(highest: float, least_step: float = 0.0) -> tuple[float, float]:
    """The round value at or above `highest` at which an axis ends, and the step of its ticks."""
    highest = highest or 1.0
    power: float = 10.0 ** math.floor(math.log10(highest / MOST_TICKS))
    step = max(least_step, next(each * power for each in STEPS if each * power * MOST_TICKS >= highest))
    return step * math.ceil(highest / step), step


def line(x1: float, y1: float, x2: float, y2: float, colour: str, style: str = "") -> str:
    """A straight line."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" fill="none" stroke="{colour}" {style}/>'


def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start", weight: int = 400) -> str:
    """A text at its baseline."""
    attributes = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text {attributes} font-weight="{weight}">{escape(words)}</text>'


def cut(words: str, size: float, width: float) -> str:
    """The text, with an ellipsis if it can be wider than `width` pixels."""
    if width_of(words, size) <= width:
        return words
    while words and width_of(f"{words}…", size) > width:
        words = words[:-1]
    return f"{words.rstrip()}…"


def width_of(words: str, size: float) -> float:
    """Pixels that a text needs at most."""
    return size * sum(_width(character) for character in words)


def _width(character: str) -> float:
    if character in "MWmw@%…":
        return WIDEST
    if character in " .,:;-|'/ijl()·":
        return NARROW
    return UPPER if character.isupper() else LOWER
