"""Tables of figures, for the terminal and for docs/bench.md."""

from __future__ import annotations

from dataclasses import dataclass

Row = list[str]


@dataclass(frozen=True)
class Table:
    """Figures with an explanation.

    Attributes
    ----------
    title : str
    columns : list of str
        Headings; the first column is text, the others are numbers.
    rows : list of list of str
    reading : str
        What was measured, how, and how to interpret it.
    """

    title: str
    columns: list[str]
    rows: list[Row]
    reading: str

    def text(self) -> str:
        """The table, aligned."""
        widths = [max(len(row[index]) for row in [self.columns, *self.rows]) for index in range(len(self.columns))]
        lines = ["  ".join(_aligned(row, widths)).rstrip() for row in [self.columns, *self.rows]]
        return "\n".join([self.title, "", *lines, "", self.reading])

    def markdown(self) -> str:
        """The table as Markdown, without its title."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in [self.columns, rule, *self.rows]]
        return "\n".join([*lines, "", self.reading])


def _aligned(row: Row, widths: list[int]) -> Row:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
