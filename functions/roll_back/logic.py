"""The way back: what a failed deployment changed is led back, and what it made is removed, step by step."""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from roll_back.decision import way_back
from roll_back.doing import Services, take
from roll_back.report import owned, told
from roll_back.steps import Call, Way
from roll_back.survey import Survey, survey
from shared.aws import Json, what_aws_said
from shared.errors import RollbackFailed, ServiceUnavailable
from shared.moments import seconds_between, spoken

LIMIT_SECONDS = 3600
# What Application Auto Scaling refuses because the endpoint changes, it takes when that is over; and what IAM denies
# because it does not see a tag yet, it allows when it does.
REFUSED_LIMIT_SECONDS = 600


def roll_back(plan: Json, started_at: str, now: str, previous: Json | None, services: Services) -> Json:
    """Look at what really exists, and do what can be done now.

    Parameters
    ----------
    plan : Json
        The plan that failed.
    started_at, now : str
        When the way back began, and the time; ISO 8601.
    previous : Json or None
        The previous answer; what it tells is told again, and nothing is decided by it but when to give up.

    Returns
    -------
    Json
        ``done``; ``waitSeconds`` until the next look, at least 1; ``removed`` and ``restored``, over all looks;
        ``kept``, with reasons; ``commands``, which lead back what the request says to keep; ``refusedSince``, when
        Application Auto Scaling began to refuse.

    Raises
    ------
    RollbackFailed
        When it is not done `LIMIT_SECONDS` after it began, or cannot be done; the message says how things are, and
        the commands that do the rest.
    ServiceUnavailable
        When AWS throttled or failed; the message says the same.
    """
    earlier = previous or {}
    found = survey(plan, services)
    way = way_back(plan, found)
    if plan["onFailure"] == "KEEP":
        return _answer(earlier, kept=_kept_for_inspection(plan, found, way), commands=way.commands)
    if way.obstacle:
        raise RollbackFailed(told(f"it cannot go on, for {way.obstacle}", plan, found, way))
    elapsed_seconds = seconds_between(started_at, now)
    if elapsed_seconds >= LIMIT_SECONDS and way.waits:
        raise RollbackFailed(told(f"it is not done after {spoken(elapsed_seconds)}", plan, found, way))
    taken = take(way.steps, services)
    rest = Way(taken.rest, way.keep)
    if taken.error:
        ending = ServiceUnavailable if isinstance(taken.error, ServiceUnavailable) else RollbackFailed
        raise ending(told(_said(taken.error), plan, found, rest)) from taken.error
    refused_since = str(earlier.get("refusedSince") or now)
    if taken.refused and _is_for_good(started_at, refused_since, now):
        raise RollbackFailed(told(taken.refused, plan, found, rest))
    answer = _answer(earlier, taken.calls, [f"{what}: {reason}" for what, reason in way.keep.items()])
    waits = {
        "done": taken.wait_seconds == 0,
        "waitSeconds": max(taken.wait_seconds, 1),
        "refusedSince": refused_since if taken.refused else None,
    }
    return answer | waits


def _answer(earlier: Json, calls: Iterable[Call] = (), kept: Iterable[str] = (), commands: Iterable[str] = ()) -> Json:
    made = list(calls)
    told_of = {
        outcome: earlier.get(outcome, []) + [call.what for call in made if call.outcome == outcome]
        for outcome in ("removed", "restored")
    }
    return {"done": True, "waitSeconds": 1, **told_of, "kept": list(kept), "commands": list(commands)}


def _kept_for_inspection(plan: Json, found: Survey, way: Way) -> list[str]:
    """What this execution made, and what it changed and nobody leads back."""
    changed = [f"the new state instead of {what}" for what in way.left("restored")]
    kept = dict.fromkeys([*owned(plan, found), *way.left("removed"), *changed])
    return [f"{what}: the request says onFailure KEEP" for what in kept]


def _said(error: Exception) -> str:
    return what_aws_said(error) if isinstance(error, ClientError) else str(error)


def _is_for_good(started_at: str, refused_since: str, now: str) -> bool:
    """Whether a refusal has lasted longer than any change of an endpoint's capacity should."""
    too_long = seconds_between(refused_since, now) >= REFUSED_LIMIT_SECONDS
    return too_long or seconds_between(started_at, now) >= LIMIT_SECONDS
