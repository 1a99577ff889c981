"""Wakes the execution that waits for a changed endpoint, unless there is still something to wait for.

An event alone proves nothing: it can arrive twice, late, or before the change is visible, and it can report an external
change. Therefore the endpoint itself is checked, as in "Check endpoint". If an event is lost, the next check there
notices the change.
"""

from check_endpoint.logic import IN_PROGRESS, Services, check_once
from shared import task_tokens, watches
from shared.aws import Json
from shared.errors import SlipwayError
from shared.moments import of_milliseconds
from shared.watches import Watch


def wake(event: Json, services: Services, table_name: str) -> Json:
    """Complete the task of the execution that waits for the endpoint, if there is nothing left to wait for.

    Parameters
    ----------
    event : Json
        SageMaker Endpoint State Change, with ``EndpointName`` and ``EndpointStatus`` in its ``detail``.

    Returns
    -------
    Json
        ``endpoint``, ``status`` of the event, and ``woken``, the execution's ARN or None.
    """
    detail = event["detail"]
    handled: Json = {"endpoint": detail["EndpointName"], "status": detail["EndpointStatus"], "woken": None}
    if is_in_progress(detail["EndpointStatus"]):
        return handled
    watch = watches.find(services.dynamodb, table_name, detail["EndpointName"])
    if watch and _answer(watch, _changed_at(event), services):
        handled["woken"] = watch.goal["executionArn"]
    return handled


def is_in_progress(status: str) -> bool:
    """Whether the endpoint is still changing; events spell it ``IN_SERVICE``, the API ``InService``."""
    return _plain(status) in {_plain(each) for each in IN_PROGRESS}


def _plain(status: str) -> str:
    return status.replace("_", "").lower()


def _changed_at(event: Json) -> str:
    """Time of the change, in milliseconds if SageMaker gives it; the event's own time has whole seconds."""
    changed = event["detail"].get("LastModifiedTime")
    return of_milliseconds(changed) if isinstance(changed, int) else str(event["time"])


def _answer(watch: Watch, now: str, services: Services) -> bool:
    try:
        seen = check_once(watch.goal, watch.asked_at, now, services.sagemaker)
    except SlipwayError as error:
        return task_tokens.fail(services.states, watch.token, error)
    return seen["ready"] and task_tokens.succeed(services.states, watch.token, {**seen})
