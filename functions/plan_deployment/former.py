"""Which former deployment a request for a rollback means.

"The last one but one" has to mean the same whenever an execution looks, for it may wait for its turn and look again,
and two people may ask for it at the same time. So what decides is what was on record when the execution was started;
what cannot be told is refused, not guessed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from plan_deployment.schema import SCHEMA
from shared.aws import Json
from shared.endpoints import same_name
from shared.errors import ExecutionStopped, ExecutionTimedOut, NoFormerDeployment
from shared.moments import iso, moment
from shared.planning.faults import Fault
from shared.records import ROLLBACK, SUCCEEDED, Record

BY_NAME, LAST = "rollbackTo", "rollback"
# What a request for a rollback may say beside it.
OF_THE_ROLLBACK = ("deadlineSeconds", "deploymentConfig")
BESIDE = frozenset(
    {BY_NAME, LAST, "endpointName", "dryRun", "force", "onFailure", "planHash", "whenBusy", *OF_THE_ROLLBACK}
)
# How far back is looked where no deployment is named.
MOST_RECORDS = 500
SHOWN = 5
# What these had changed when they ended, nobody may have taken back, nor does their record tell.
BROKEN_OFF = frozenset({ExecutionStopped.__name__, ExecutionTimedOut.__name__})


def is_asked_for(document: object) -> bool:
    """Whether the execution's input asks for a former deployment."""
    return isinstance(document, dict) and (document.get(LAST) is True or BY_NAME in document)


def named(deployment_id: str, endpoint_name: str, history: Iterable[Record]) -> Record:
    """The deployment of that id.

    Raises
    ------
    NoFormerDeployment
        When there is none, or it did not lead the endpoint to anything.
    """
    seen = []
    for record in history:
        if record.deployment_id == deployment_id and record.is_deployed:
            return record
        seen.append(record)
    found = next((record for record in seen if record.deployment_id == deployment_id), None)
    if found is None:
        raise _refusal(f"There is no deployment {deployment_id} of endpoint {endpoint_name} on record", seen)
    what = "changed nothing" if found.outcome == SUCCEEDED else f"ended {found.outcome}"
    raise _refusal(f"Deployment {deployment_id} of endpoint {endpoint_name} {what}, so it is none to go back to", seen)


def last(endpoint_name: str, serving: str | None, started_at: str, history: Iterable[Record]) -> Record:
    """What was deployed before what serves.

    Each rollback goes one further back: what was itself gone back from is not gone back to.

    Parameters
    ----------
    serving : str or None
        The config that the endpoint serves; None where it does not serve, then it is the last deployment of all.
    started_at : str
        When the execution was started; a rollback that had not ended by then wants the same.

    Raises
    ------
    NoFormerDeployment
        When there is none, or what serves is on no record, so that nobody knows what was before it.
    """
    records = [record for record in islice(history, MOST_RECORDS) if not _is_same_wish(record, started_at)]
    deployed = [record for record in records if record.is_deployed]
    if not deployed:
        raise _refusal(f"No deployment of endpoint {endpoint_name} is on record", deployed)
    newest = deployed[0]
    if serving is None:
        return newest
    before = _before(newest, deployed)
    is_newest = same_name(serving, newest.config_name)
    if before is not None and (is_newest or same_name(serving, before.config_name)):
        return before
    if is_newest:
        others = "those that asked for the same, or were rolled back, do not count"
        raise _refusal(f"Endpoint {endpoint_name} has no earlier deployment to restore; {others}", deployed)
    if any(_left(record, serving) for record in records[: records.index(newest)]):
        return newest
    problem = f"Endpoint {endpoint_name} serves config {serving}, which no deployment on record has led to"
    raise _refusal(f"{problem}, so it is not clear what was before it", deployed)


def _is_same_wish(record: Record, started_at: str) -> bool:
    return record.kind == ROLLBACK and moment(record.ended_at) >= moment(started_at)


def _before(newest: Record, deployed: Sequence[Record]) -> Record | None:
    """What was deployed before it, and is not the same; before what it went back to, if it did."""
    origin = _origin(newest, deployed)
    older = deployed[deployed.index(origin) + 1 :]
    return next((record for record in older if record.request_hash != newest.request_hash), None)


def _origin(record: Record, deployed: Sequence[Record]) -> Record:
    by_id = {each.deployment_id: each for each in deployed}
    while record.rolled_back_to in by_id:
        record = by_id[record.rolled_back_to]
    return record


def _left(record: Record, serving: str) -> bool:
    """Whether the endpoint may serve what it does because of this deployment, which did not succeed."""
    if record.outcome in BROKEN_OFF and record.config_name is None:
        return True
    return record.outcome != SUCCEEDED and same_name(record.config_name, serving)


def _refusal(problem: str, records: Iterable[Record]) -> NoFormerDeployment:
    known = [record for record in records if record.is_deployed][:SHOWN]
    if not known:
        return NoFormerDeployment(f"{problem}.")
    told = "; ".join(f"{each.deployment_id} of {each.started_at}, config {each.config_name}" for each in known)
    return NoFormerDeployment(f'{problem}. To restore one of these, say "{BY_NAME}": {told}.')


def created_again(trigger: Json, models: Iterable[Json]) -> Iterator[str]:
    """Warnings of models that the former deployment cannot have had.

    Parameters
    ----------
    trigger : Json
        The plan's `trigger`.
    models : iterable of Json
        DescribeModel's answers.
    """
    if trigger["kind"] != ROLLBACK:
        return
    for model in models:
        if model["CreationTime"] > moment(trigger["startedAt"]):
            yield (
                f"Model {model['ModelName']} was created at {iso(model['CreationTime'])}, after the deployment that is "
                "restored: it may not be the model that was live then."
            )


def faults_beside(document: Json) -> Iterator[Fault]:
    """Fields of the request that only a new deployment has."""
    for field in sorted(document.keys() - BESIDE):
        if field in SCHEMA["properties"]:
            yield Fault(f"/{field}", "is for a new deployment; a rollback takes it from the former one", "Remove it")
