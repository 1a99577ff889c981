"""Rules on the hours in which the endpoint exists. See `variant_rules` for what a rule is."""

from collections.abc import Iterator

from shared import hours
from shared.aws import Json
from shared.planning.faults import Fault

FIELD = "schedule"


def hours_are_valid(request: Json) -> Iterator[Fault]:
    if request.get(FIELD) is not None:
        yield from hours.faults(f"/{FIELD}", request[FIELD])


RULES = (hours_are_valid,)
