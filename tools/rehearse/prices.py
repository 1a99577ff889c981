"""Prices of instances, from the dated table beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

FILE = Path(__file__).with_name("prices.toml")
OLD_DAYS = 365
REFRESH = "make prices FILE=…"


@dataclass(frozen=True)
class Source:
    """Prices of an hour by instance type, the day on which AWS published or somebody read them, and where."""

    read: date
    source: str
    instances: dict[str, float]


@dataclass(frozen=True)
class Prices:
    """On-demand prices of real-time hosting in a Region, by their sources."""

    region: str
    currency: str
    sources: tuple[Source, ...]

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Return the prices in a file."""
        content = tomllib.loads(path.read_text())
        return cls(content["region"], content["currency"], tuple(Source(**each) for each in content["sources"]))

    def cost(self, hours: Mapping[str, float]) -> float | None:
        """Return the cost of instance hours by type; None without a type, or for one that the table lacks."""
        priced = [(self._source(each), each, count) for each, count in hours.items()]
        known = [source.instances[each] * count for source, each, count in priced if source]
        return sum(known) if known and len(known) == len(hours) else None

    def notes(self, instance_types: Iterable[str], today: date) -> Iterator[str]:
        """Yield for each type where its price comes from, with a warning if that is older than a year."""
        for each in sorted(set(instance_types)):
            source = self._source(each)
            if source is None:
                yield f"{each} has no price in {FILE.name}, so its hours have no cost. Add it: {REFRESH}."
                continue
            price = f"{source.instances[each]:g} {self.currency} an hour, on demand in {self.region}"
            text = f"Price of {each}: {price}, read {source.read}. Source: {source.source}."
            days = (today - source.read).days
            yield f"{text} Warning: it is {days} days old; {REFRESH} replaces it." if days > OLD_DAYS else text

    def _source(self, instance_type: str) -> Source | None:
        return next((each for each in self.sources if instance_type in each.instances), None)
