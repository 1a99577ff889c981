"""An endpoint has changed: whoever waits for it is told, unless there is still something to wait for.

An event proves nothing. It may come twice, late, or before the change can be seen, and it may tell of a change that is
not ours; so the endpoint itself is looked at, as "Check endpoint" does. What no event tells, the next look there sees.
"""

from check_endpoint.logic import IN_PROGRESS, Services, look
from shared import tokens, watches
from shared.aws import Json
from shared.errors import Ending
from shared.moments import of_milliseconds
from shared.watches import Watch


def wake(event: Json, services: Services, table_name: str) -> Json:
    """Complete the task of the execution that waits for the endpoint, if there is nothing left to wait for.

    Parameters
    ----------
    event : Json
        SageMaker Endpoint State Change; in its ``detail`` are ``EndpointName`` and ``EndpointStatus``.

    Returns
    -------
    Json
        ``endpoint``, ``status`` as the event has it, and ``woken``: ARN of the execution that was; None when none was.
    """
    detail = event["detail"]
    told: Json = {"endpoint": detail["EndpointName"], "status": detail["EndpointStatus"], "woken": None}
    if is_in_progress(detail["EndpointStatus"]):
        return told
    watch = watches.find(services.dynamodb, table_name, detail["EndpointName"])
    if watch and _answer(watch, _changed_at(event), services):
        told["woken"] = watch.plan["executionArn"]
    return told


def is_in_progress(status: str) -> bool:
    """Whether it says that the endpoint still changes; events spell it ``IN_SERVICE``, the API ``InService``."""
    return _plain(status) in {_plain(each) for each in IN_PROGRESS}


def _plain(status: str) -> str:
    return status.replace("_", "").lower()


def _changed_at(event: Json) -> str:
    """The time of the change in milliseconds, where SageMaker tells it; the event's own is in whole seconds."""
    changed = event["detail"].get("LastModifiedTime")
    return of_milliseconds(changed) if isinstance(changed, int) else str(event["time"])


def _answer(watch: Watch, now: str, services: Services) -> bool:
    try:
        seen = look(watch.plan, watch.asked_at, now, services.sagemaker)
    except Ending as ending:
        return tokens.fail(services.states, watch.token, ending)
    return bool(seen["settled"]) and tokens.succeed(services.states, watch.token, seen)
