"""Assumptions about what AWS does not publish. A description of traffic can change them; a result repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_aws.traffic.reading import Members

LOOKS_AT = ("lastDatapoint", "wholeWindow")
_MEMBERS = ("scaleInLooksAt", "metricDelaySeconds", "highResolutionDelaySeconds", "reactionSeconds")


@dataclass(frozen=True)
class Assumptions:
    """The delays fit published measurements of scaling; none is documented.

    Attributes
    ----------
    scale_in_looks_at : str
        Load by which a scale-in computes the capacity: ``lastDatapoint``, or the highest of the ``wholeWindow``.
    metric_delay_seconds, high_resolution_delay_seconds : float
        From the end of a period until an alarm sees its datapoint, for periods of a minute or more, and below.
    reaction_seconds : float
        From an alarm's action until the new capacity is requested.
    """

    scale_in_looks_at: str = "lastDatapoint"
    metric_delay_seconds: float = 90.0
    high_resolution_delay_seconds: float = 20.0
    reaction_seconds: float = 20.0

    @classmethod
    def parsed(cls, value: Any, pointer: str) -> Assumptions:
        given = Members(value, pointer, _MEMBERS)
        return cls(
            given.one_of("scaleInLooksAt", LOOKS_AT, cls.scale_in_looks_at),
            given.number("metricDelaySeconds", cls.metric_delay_seconds),
            given.number("highResolutionDelaySeconds", cls.high_resolution_delay_seconds),
            given.number("reactionSeconds", cls.reaction_seconds),
        )

    def as_json(self) -> dict[str, Any]:
        values = (
            self.scale_in_looks_at,
            self.metric_delay_seconds,
            self.high_resolution_delay_seconds,
            self.reaction_seconds,
        )
        return dict(zip(_MEMBERS, values, strict=True))
