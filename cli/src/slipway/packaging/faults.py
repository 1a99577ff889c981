"""Faults of a model's files or code, each with its place and a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """A fault that the container would fail on.

    Attributes
    ----------
    path : str
        File in the archive, such as ``code/inference.py``, or the folder that the user named.
    line : int
        Line in the file, 1-based; 0 if the fault has no line.
    message : str
        What is wrong.
    remedy : str
        What to do, as an imperative.
    """

    path: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}. {self.remedy}."


class PackagingError(ValueError):
    """A model that the framework's container would not serve; `faults` has every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(map(str, self.faults)))
