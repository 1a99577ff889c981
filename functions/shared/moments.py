"""Points in time, as the state machine's context gives them; no function looks at the wall clock."""

from datetime import UTC, datetime, timedelta


def moment(text: str) -> datetime:
    """The point in time that an ISO 8601 text names; UTC where it names no zone.

    Raises
    ------
    ValueError
        When the text is no ISO 8601 date and time.
    """
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def iso(point: datetime) -> str:
    """The point in time as Step Functions writes it: UTC, milliseconds, ``Z``."""
    return point.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_milliseconds(since_epoch: int) -> str:
    """The moment so many milliseconds after the epoch, as Step Functions writes it."""
    return iso(datetime.fromtimestamp(since_epoch / 1000, UTC))


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one ISO 8601 moment to another; negative when they are the other way round."""
    return (moment(later) - moment(earlier)).total_seconds()


def after(text: str, seconds: float) -> str:
    """The moment `seconds` after the ISO 8601 moment `text`, in the same form."""
    return iso(moment(text) + timedelta(seconds=seconds))


def spoken(seconds: float) -> str:
    """A duration for people, such as ``45 s``, ``7 min`` or ``1 h 2 min``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    if not hours and (whole % 60 or not parts):
        parts.append(f"{whole % 60} s")
    return " ".join(parts)
