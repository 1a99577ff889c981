"""Time zones by their IANA names.

The data are those of dateutil, which botocore requires: Lambda's runtime has no time zones that a function may rely on.
"""

from collections.abc import Iterator
from datetime import tzinfo
from difflib import get_close_matches

from dateutil.zoneinfo import get_zonefile_instance

from shared.planning.faults import Fault


def time_zone(name: str) -> tzinfo | None:
    """Return the time zone with this name; None if it is unknown."""
    found: tzinfo | None = get_zonefile_instance().get(name)
    return found


def faults(pointer: str, name: str) -> Iterator[Fault]:
    """Yield a fault if no time zone has this name."""
    if time_zone(name) is not None:
        return
    known = {each.lower(): each for each in get_zonefile_instance().zones}
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    remedy = f'Did you mean "{known[close[0]]}"?' if close else "Give a name such as Europe/Berlin"
    yield Fault(pointer, f'"{name}" is not the IANA name of a time zone', remedy)
