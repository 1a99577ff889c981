"""Executor of steps: make each call as the rule for its operation says, log the call, and return it.

Every rule is idempotent, because a retried state makes its calls again.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, Literal, TypedDict

from aws_lambda_powertools import Logger
from botocore import xform_name
from botocore.exceptions import ClientError

from shared import alarms, autoscaling, off_hours
from shared.aws import Client, Json, client, code_of, what_aws_said
from shared.errors import ScalingFailed
from shared.plan import Call, Service

Clients = Mapping[Service, Client]
Outcome = Literal["done", "already done", "in progress", "missed"]

# A schedule that exists is updated, and one that is missing is created: an earlier attempt, or others, changed it.
OTHERWISE = {
    ("CreateSchedule", off_hours.CONFLICT): "UpdateSchedule",
    ("UpdateSchedule", off_hours.NOT_FOUND): "CreateSchedule",
}

logger = Logger(child=True)


class ClientsOnDemand(dict[Service, Client]):
    """Clients of which those that few plans need are created when they are asked for."""

    def __missing__(self, service: Service) -> Client:
        """Create the client."""
        self[service] = client(service)
        return self[service]


class MadeCall(TypedDict):
    """A call in the state's output.

    Attributes
    ----------
    outcome : Outcome
        ``missed`` if the one-time schedule of a scheduled action has already passed.
    """

    operation: str
    what: str
    outcome: Outcome


def execute(calls: Iterable[Call], clients: Clients) -> list[MadeCall]:
    """Make the calls in their order.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        If Application Auto Scaling refuses a call, temporarily or permanently.
    ServiceUnavailable
        If CloudWatch lists an alarm that it cannot find.
    """
    done: list[MadeCall] = []
    for is_deletion_of_alarms, some in groupby(calls, key=lambda call: call["operation"] == "DeleteAlarms"):
        group = list(some)
        if is_deletion_of_alarms:  # three calls a second, each of 100 alarms (CloudWatch service quotas)
            alarms.delete(clients["cloudwatch"], [name for call in group for name in call["request"]["AlarmNames"]])
            done += [log_call(call, "done") for call in group]
        else:
            done += [
                log_call(call, RULES[call["operation"]](with_action(call, clients), clients[call["service"]]))
                for call in group
            ]
    return done


def with_action(call: Call, clients: Clients) -> Call:
    """Return the call with the ARN of the policy that its alarm triggers.

    Raises
    ------
    ScalingNotReady
        If Application Auto Scaling does not find the policy (yet).
    """
    if "policy" not in call:
        return call
    arn, request = autoscaling.policy_arn(clients["application-autoscaling"], call["policy"]), call["request"]
    return {**call, "request": request | {"AlarmActions": [arn, *request.get("AlarmActions", [])]}}


def log_call(call: Call, outcome: Outcome) -> MadeCall:
    """Log the call and its outcome, and return them for the state's output."""
    call_made = MadeCall(operation=call["operation"], what=call["what"], outcome=outcome)
    logger.info("called", **call_made)
    return call_made


def send(call: Call, client: Client) -> Any:
    """Call AWS with the request of the call, unchanged."""
    return getattr(client, xform_name(call["operation"]))(**call["request"])


def resources_of(call: Call) -> list[str]:
    """Names of the resources that the call removes, such as ``endpoint config churn-0123456789ab``."""
    kind, member = RESOURCES[call["operation"]]
    names = call["request"][member]
    return [f"{kind} {name}" for name in (names if isinstance(names, list) else [names])]


def _put_alarm(call: Call, client: Client) -> Outcome:
    try:
        send(call, client)
    except ClientError as error:
        if "policy" in call and code_of(error) in alarms.REFUSED:
            raise ScalingFailed(f"{call['what']}: {what_aws_said(error)}") from error
        raise
    return "done"


def _scale(call: Call, client: Client) -> Outcome:
    with autoscaling.scaling_errors(call["request"]["ResourceId"]):
        send(call, client)
    return "done"


def _schedule(call: Call, client: Client) -> Outcome:
    with autoscaling.scaling_errors(call["request"]["ResourceId"]):
        try:
            send(call, client)
        except ClientError as error:
            if is_missed(call, error):
                return "missed"
            raise
    return "done"


def _put_schedule(call: Call, scheduler: Client) -> Outcome:
    with off_hours.schedule_errors(call["request"]["Name"]):
        try:
            send(call, scheduler)
        except ClientError as error:
            other = OTHERWISE.get((call["operation"], code_of(error)))
            if other is None:
                raise
            send({**call, "operation": other}, scheduler)
    return "done"


def _delete_schedule(call: Call, scheduler: Client) -> Outcome:
    with off_hours.schedule_errors(call["request"]["Name"]):
        try:
            send(call, scheduler)
        except ClientError as error:
            # A new schedule may not be found yet.
            if code_of(error) != off_hours.NOT_FOUND or off_hours.find(scheduler, call["request"]) is not None:
                raise
            return "already done"
    return "done"


def is_missed(call: Call, error: ClientError) -> bool:
    """Whether a scheduled action is refused because its one-time schedule has passed.

    The action was checked while planning, or registered before, so nothing else can be wrong with it.
    """
    schedule = str(call["request"].get("Schedule", ""))
    return code_of(error) == "ValidationException" and schedule.startswith("at(")


def _remove_scaling(is_there: Callable[[Client, Json], bool]) -> Callable[[Call, Client], Outcome]:
    def remove(call: Call, client: Client) -> Outcome:
        request = call["request"]
        is_removed = autoscaling.remove(lambda: send(call, client), request, lambda: is_there(client, request))
        return "done" if is_removed else "already done"

    return remove


RULES: dict[str, Callable[[Call, Client], Outcome]] = {
    "PutMetricAlarm": _put_alarm,
    "RegisterScalableTarget": _scale,
    "PutScalingPolicy": _scale,
    "PutScheduledAction": _schedule,
    "DeregisterScalableTarget": _remove_scaling(autoscaling.has_target),
    "DeleteScalingPolicy": _remove_scaling(autoscaling.has_policy),
    "DeleteScheduledAction": _remove_scaling(autoscaling.has_scheduled_action),
    "CreateSchedule": _put_schedule,
    "UpdateSchedule": _put_schedule,
    "DeleteSchedule": _delete_schedule,
}
# The resource that each operation removes, and the member of its request that names it.
RESOURCES = {
    "DeleteAlarms": ("alarm", "AlarmNames"),
    "DeleteEndpoint": ("endpoint", "EndpointName"),
    "DeleteEndpointConfig": ("endpoint config", "EndpointConfigName"),
    "DeleteInferenceComponent": ("inference component", "InferenceComponentName"),
    "DeleteModel": ("model", "ModelName"),
    "DeleteSchedule": ("schedule", "Name"),
    "DeregisterScalableTarget": ("scalable target", "ResourceId"),
}
