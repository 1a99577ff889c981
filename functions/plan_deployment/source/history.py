"""The earlier deployment that a request for a rollback restores.

An execution can wait for its turn and read the history again, and two people can request a rollback at the same time.
"The previous deployment" must be the same one each time. Therefore the records at the execution's start decide, and an
ambiguous request is refused.
"""

from collections.abc import Iterable, Iterator, Sequence

from plan_deployment.request.fields import COMPONENTS
from plan_deployment.request.rollback import BY_ID
from shared import records
from shared.aws import Json
from shared.endpoints import same_name
from shared.errors import ExecutionStopped, ExecutionTimedOut, NoFormerDeployment
from shared.moments import iso, moment
from shared.plan import Trigger
from shared.records import ROLLBACK, SCHEDULE, SUCCEEDED, Record, away_since

# How many records are read if the request names no deployment.
MOST_RECORDS = 500
SHOWN = 5
# The changes of such a deployment may not have been rolled back, and its record does not list them.
STOPPED = frozenset({ExecutionStopped.__name__, ExecutionTimedOut.__name__})


def by_id(deployment_id: str, endpoint_name: str, history: Iterable[Record]) -> Record:
    """Return the deployment with this id.

    Raises
    ------
    NoFormerDeployment
        If there is none, or it did not change the endpoint.
    """
    seen = []
    for record in history:
        if record.deployment_id == deployment_id and record.is_deployed:
            return record
        seen.append(record)
    found = next((record for record in seen if record.deployment_id == deployment_id), None)
    if found is None:
        raise _refusal(f"Endpoint {endpoint_name} has no recorded deployment {deployment_id}", seen)
    what = "changed nothing" if found.outcome == SUCCEEDED else f"ended in {found.outcome}"
    if found.kind == SCHEDULE:
        what = f"was started by the schedule of deployment {found.rolled_back_to}"
    raise _refusal(f"Deployment {deployment_id} of endpoint {endpoint_name} {what}, so it cannot be restored", seen)


def previous(endpoint_name: str, live: str | None, started_at: str, history: Iterable[Record]) -> Record:
    """Return the deployment before the live one.

    Each rollback goes one deployment further back: a deployment that was rolled back is never a rollback target.

    Parameters
    ----------
    live : str or None
        The live config; None if the endpoint serves no traffic, which means the last deployment. An endpoint that its
        schedule has removed counts as live.
    started_at : str
        Start of the execution. A rollback that had not ended by then is the same request.

    Raises
    ------
    NoFormerDeployment
        If there is none, or the deployment before the live one is unknown: no record has the live config, or a failed
        deployment may have left changes of inference components.
    """
    found, ticks = records.newest(history, MOST_RECORDS)
    recorded = [record for record in found if not _asks_for_the_same(record, started_at)]
    deployed = [record for record in recorded if record.is_deployed]
    if not deployed:
        raise _refusal(f"Endpoint {endpoint_name} has no recorded deployment", deployed)
    newest = deployed[0]
    since = [tick for tick in ticks if moment(tick.started_at) > moment(newest.started_at)]
    if live is None and away_since(since) is None:
        return newest
    live = live or str(newest.config_name)
    before = _before(newest, deployed)
    # A schedule creates the endpoint of the newest deployment again, with the config that its request has then.
    is_newest = any(same_name(live, record.config_name) for record in (newest, *since))
    if is_newest:
        _require_known_components(newest, recorded[: recorded.index(newest)], deployed)
    if before is not None and (is_newest or same_name(live, before.config_name)):
        return before
    if is_newest:
        others = "deployments with the same request, or that were rolled back, do not count"
        raise _refusal(f"Endpoint {endpoint_name} has no earlier deployment to restore; {others}", deployed)
    if any(_may_have_left(record, live) for record in recorded[: recorded.index(newest)]):
        return newest
    problem = f"The history of endpoint {endpoint_name} does not contain its live config {live}"
    raise _refusal(f"{problem}, so the deployment before it is unknown", deployed)


def _require_known_components(newest: Record, failed: Iterable[Record], deployed: Sequence[Record]) -> None:
    """Check that no failed deployment has left changes of inference components, which the live config does not show.

    Raises
    ------
    NoFormerDeployment
        If one may have.
    """
    has_components = COMPONENTS in (newest.request or {})
    for record in failed:
        is_unknown = record.outcome in STOPPED and record.config_name is None
        if record.left_components or (is_unknown and has_components):
            raise _refusal(
                f"Deployment {record.deployment_id} of endpoint {newest.endpoint_name} ended in {record.outcome}, and "
                "may have left changes of inference components, so the deployment before the live one is unknown",
                deployed,
            )


def _asks_for_the_same(record: Record, started_at: str) -> bool:
    return record.kind == ROLLBACK and moment(record.ended_at) >= moment(started_at)


def _before(newest: Record, deployed: Sequence[Record]) -> Record | None:
    """Return the last different deployment before it, or before the one that it restored."""
    origin = _origin(newest, deployed)
    older = deployed[deployed.index(origin) + 1 :]
    return next((record for record in older if record.request_hash != newest.request_hash), None)


def _origin(record: Record, deployed: Sequence[Record]) -> Record:
    known = {each.deployment_id: each for each in deployed}
    while record.rolled_back_to in known:
        record = known[record.rolled_back_to]
    return record


def _may_have_left(record: Record, live: str) -> bool:
    """Whether this deployment, which did not succeed, may be the reason for the live config."""
    if record.outcome in STOPPED and record.config_name is None:
        return True
    return record.outcome != SUCCEEDED and same_name(record.config_name, live)


def _refusal(problem: str, history: Iterable[Record]) -> NoFormerDeployment:
    known = [record for record in history if record.is_deployed][:SHOWN]
    if not known:
        return NoFormerDeployment(f"{problem}.")
    listed = "; ".join(f"{each.deployment_id} of {each.started_at}, config {each.config_name}" for each in known)
    return NoFormerDeployment(f'{problem}. To restore one of these, add "{BY_ID}": {listed}.')


def created_again(trigger: Trigger, models: Iterable[Json]) -> Iterator[str]:
    """Yield warnings about models that the restored deployment cannot have had.

    Parameters
    ----------
    trigger : Json
        The plan's `trigger`.
    models : iterable of Json
        DescribeModel's answers.
    """
    if trigger["kind"] not in (ROLLBACK, SCHEDULE):
        return
    for model in models:
        if model["CreationTime"] > moment(trigger["startedAt"]):
            yield (
                f"Model {model['ModelName']} was created at {iso(model['CreationTime'])}, after the deployment that is "
                "restored: it may not be the model that was live then."
            )
