"""One attempt of a rollback: read what exists, and make the calls that are possible now."""

from typing import TypedDict

from botocore.exceptions import ClientError

from roll_back.decision import rollback_for
from roll_back.report import commands_of, created_here, report
from roll_back.run import run
from roll_back.steps import Outcome, Rollback, outcome_of
from roll_back.survey import Survey, survey
from shared.aws import what_aws_said
from shared.errors import RollbackFailed, ServiceUnavailable
from shared.execute import Clients
from shared.moments import duration_text, seconds_between
from shared.plan import Call, DeploymentPlan

LIMIT_SECONDS = 3600
# Application Auto Scaling refuses calls while the endpoint changes, and IAM denies them until it sees a new tag. Both
# accept them later.
REFUSED_LIMIT_SECONDS = 600


class RolledBack(TypedDict):
    """Result of the state.

    Attributes
    ----------
    waitSeconds : int
        Seconds until the next attempt, at least 1.
    removed, restored : list of str
        Over all attempts.
    kept : list of str
        Resources that are kept, each with the reason.
    commands : list of str
        Commands that would roll back, if the request says ``onFailure: KEEP``.
    refusedSince : str or None
        When AWS began to refuse a call that it may accept later; ISO 8601.
    """

    done: bool
    waitSeconds: int
    removed: list[str]
    restored: list[str]
    kept: list[str]
    commands: list[str]
    refusedSince: str | None


def roll_back(
    plan: DeploymentPlan, started_at: str, now: str, previous: RolledBack | None, clients: Clients
) -> RolledBack:
    """Read what exists, and take the steps that are possible now.

    Parameters
    ----------
    started_at, now : str
        When the rollback began, and the time; ISO 8601.
    previous : RolledBack or None
        The last answer: what was done so far, and since when AWS refuses a call.

    Raises
    ------
    RollbackFailed
        If the rollback is impossible, or not complete after `LIMIT_SECONDS`; the message has the current state, and the
        commands that complete the rollback.
    ServiceUnavailable
        If AWS throttled a call or failed; with the same message.
    """
    elapsed_seconds = seconds_between(started_at, now)
    found = survey(plan, elapsed_seconds, clients)
    rollback = rollback_for(plan, found)
    if plan["onFailure"] == "KEEP":
        return _answer(previous, [], _kept_for_inspection(plan, found, rollback), commands=commands_of(rollback))
    if rollback.obstacle:
        raise RollbackFailed(report(rollback.obstacle, plan, found, rollback))
    if elapsed_seconds >= LIMIT_SECONDS and rollback.waits:
        raise RollbackFailed(report(f"it is not done after {duration_text(elapsed_seconds)}", plan, found, rollback))
    progress = run(rollback.steps, clients)
    rest = Rollback(progress.rest, rollback.keep)
    if progress.error:
        error = ServiceUnavailable if isinstance(progress.error, ServiceUnavailable) else RollbackFailed
        raise error(report(_said(progress.error), plan, found, rest)) from progress.error
    refused_since = (previous and previous["refusedSince"]) or now
    if progress.refused and _is_for_good(started_at, refused_since, now):
        raise RollbackFailed(report(progress.refused, plan, found, rest))
    kept = [f"{what}: {reason}" for what, reason in rollback.keep.items()]
    kept += [f"{call['what']}: its one-time schedule has passed" for call in progress.missed]
    return _answer(
        previous,
        progress.calls,
        kept,
        wait_seconds=progress.wait_seconds,
        refused_since=refused_since if progress.refused else None,
    )


def _answer(
    previous: RolledBack | None,
    calls: list[Call],
    kept: list[str],
    *,
    commands: list[str] | None = None,
    wait_seconds: int = 0,
    refused_since: str | None = None,
) -> RolledBack:
    def over_all_attempts(outcome: Outcome) -> list[str]:
        return (previous[outcome] if previous else []) + [c["what"] for c in calls if outcome_of(c) == outcome]

    return RolledBack(
        done=wait_seconds == 0,
        waitSeconds=max(wait_seconds, 1),
        removed=over_all_attempts("removed"),
        restored=over_all_attempts("restored"),
        kept=kept,
        commands=commands or [],
        refusedSince=refused_since,
    )


def _kept_for_inspection(plan: DeploymentPlan, found: Survey, rollback: Rollback) -> list[str]:
    """Return what this execution created or changed and does not undo."""
    changed = [f"the new state instead of {what}" for what in rollback.left("restored")]
    kept = dict.fromkeys([*created_here(plan, found), *rollback.left("removed"), *changed])
    return [f"{what}: the request says onFailure KEEP" for what in kept]


def _said(error: Exception) -> str:
    return what_aws_said(error) if isinstance(error, ClientError) else str(error)


def _is_for_good(started_at: str, refused_since: str, now: str) -> bool:
    """Whether a refusal has lasted longer than any change of an endpoint's capacity should."""
    is_too_long = seconds_between(refused_since, now) >= REFUSED_LIMIT_SECONDS
    return is_too_long or seconds_between(started_at, now) >= LIMIT_SECONDS
