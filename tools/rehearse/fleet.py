"""The instances of a variant, which all of its inference components share: they are what is paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from tools.rehearse.figures import MINUTES, Figures


class Fleet:
    """The instances of the variant of some figures.

    Attributes
    ----------
    name : str
        The variant.
    instance_types : list of str
        Its type; components are on variants with one.
    instances : list of int
        Instances that are paid for, one value per minute.
    hours, hours_of_one : float
        Hours of all of them, and of one instance that is always there.
    """

    def __init__(self, figures: Figures) -> None:
        resource = figures.resource
        self.name: str = resource["variantName"]
        self.instance_types = figures.instance_types
        every = [each for each in figures.result["resources"] if each["variantName"] == self.name]
        self._members = [Figures(figures.result, each) for each in every]
        # Components on one variant report the same instances, or fewer before they exist.
        self.instances: list[int] = [max(counts) for counts in zip(*(each["instances"] for each in every), strict=True)]
        self.hours = sum(self.instances) / MINUTES
        self.hours_of_one = figures.hours

    @property
    def fixed(self) -> int | None:
        """Least number of instances with room for the fixed fleet of each member; None if the room is unknown."""
        return self._for([each.fixed_fleet for each in self._members])

    @property
    def fixed_at_target(self) -> int | None:
        """The same for the fixed fleets that hold the target."""
        return self._for([each.fixed_fleet_at_target for each in self._members])

    def _for(self, units: Sequence[int | None]) -> int | None:
        needed = Fraction(0)
        for each, count in zip(self._members, units, strict=True):
            room = each.resource["unitsPerInstance"]
            if count is None or not room:
                return None
            needed += Fraction(count, room)
        return math.ceil(needed)
