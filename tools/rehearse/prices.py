"""Prices of instances, from the dated table beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

FILE = Path(__file__).with_name("prices.toml")
OLD_DAYS = 365


@dataclass(frozen=True)
class Prices:
    """The price of an hour by instance type, with its Region, currency, date and source."""

    region: str
    currency: str
    read: date
    source: str
    instances: dict[str, float]

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Return the prices in a file."""
        return cls(**tomllib.loads(path.read_text()))

    def cost(self, instance_type: str | None, hours: float) -> float | None:
        """Return the cost of some instance hours; None for a type that the table lacks."""
        price = self.instances.get(instance_type or "")
        return None if price is None else price * hours

    def note(self, today: date) -> str:
        """Return where the prices come from, with a warning if they are older than a year."""
        text = f"Prices: {self.currency}, {self.region}, on demand, read {self.read}. Source: {self.source}."
        days = (today - self.read).days
        return f"{text} Warning: the prices are {days} days old." if days > OLD_DAYS else text
