"""The request for a rollback: which earlier deployment it restores, and what it may replace. Nothing here needs AWS."""

from collections.abc import Iterator

from plan_deployment.request.schema import SCHEMA
from shared.aws import Json
from shared.planning.faults import Fault
from shared.planning.validation import schema_faults

BY_ID, PREVIOUS = "rollbackTo", "rollback"
# Fields of the earlier request that the request for a rollback can replace.
REPLACED = ("deadlineSeconds", "deploymentConfig", "test")
ALLOWED = frozenset(
    {BY_ID, PREVIOUS, "endpointName", "dryRun", "force", "onFailure", "planHash", "whenBusy", *REPLACED}
)


def is_rollback_request(document: object) -> bool:
    """Whether the execution's input is a request to restore an earlier deployment."""
    return isinstance(document, dict) and (document.get(PREVIOUS) is True or BY_ID in document)


def faults(document: Json) -> list[Fault]:
    """Return every fault of a request for a rollback; none if it is valid."""
    return [*schema_faults(document, SCHEMA), *_faults_beside(document)]


def _faults_beside(document: Json) -> Iterator[Fault]:
    """Yield a fault for each field that is only for a new deployment."""
    for field in sorted(document.keys() - ALLOWED):
        if field in SCHEMA["properties"]:
            yield Fault(f"/{field}", "is for a new deployment; a rollback takes it from the earlier one", "Remove it")
