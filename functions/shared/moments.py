"""Points in time, as the context of the state machine gives them; no function reads the wall clock."""

from datetime import UTC, datetime, timedelta


def moment(text: str) -> datetime:
    """Return the point in time of an ISO 8601 text; UTC if the text has no zone.

    Raises
    ------
    ValueError
        If the text is not an ISO 8601 date and time.
    """
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def iso(point: datetime) -> str:
    """Return the point in time as Step Functions writes it: UTC, milliseconds, ``Z``."""
    return point.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_milliseconds(since_epoch: int) -> str:
    """Return the time so many milliseconds after the epoch, as Step Functions writes it."""
    return iso(datetime.fromtimestamp(since_epoch / 1000, UTC))


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one ISO 8601 time to another; negative if `later` is earlier."""
    return (moment(later) - moment(earlier)).total_seconds()


def after(text: str, seconds: float) -> str:
    """Return the time `seconds` after the ISO 8601 time `text`, in the same form."""
    return iso(moment(text) + timedelta(seconds=seconds))


def duration_text(seconds: float) -> str:
    """Return a duration for people, such as ``45 s``, ``7 min`` or ``1 h 2 min``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    if not hours and (whole % 60 or not parts):
        parts.append(f"{whole % 60} s")
    return " ".join(parts)
