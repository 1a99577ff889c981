"""Reads back what is registered, and compares it with the plan."""

from collections.abc import Iterable, Iterator

from shared import alarms
from shared.aws import Json
from shared.execute import Clients
from shared.plan import SCALE, Call, DeploymentPlan, in_effect, steps_of
from shared.planning.calls import OF_A_TARGET
from shared.planning.scaling_snapshot import Snapshot, policy_key, take_of
from shared.registered import Difference, differences, differences_of_alarm

BODIES = {
    "RegisterScalableTarget": "targets",
    "PutScalingPolicy": "policies",
    "PutScheduledAction": "scheduled_actions",
}
NAMES = {"PutScalingPolicy": "PolicyName", "PutScheduledAction": "ScheduledActionName"}
REMOVALS = {
    "DeregisterScalableTarget": "RegisterScalableTarget",
    "DeleteScalingPolicy": "PutScalingPolicy",
    "DeleteScheduledAction": "PutScheduledAction",
}
BOUNDS = ("MinCapacity", "MaxCapacity")


def differences_from(plan: DeploymentPlan, missed: Iterable[Json], clients: Clients) -> list[str]:
    """Return each difference between the planned scaling and the registered one, as a sentence without a full stop.

    Parameters
    ----------
    missed : iterable of Json
        Requests of scheduled actions whose one-time schedule has passed, so that they are not expected.
    """
    skipped = list(missed)
    made = [step for step in steps_of(plan, SCALE) if step["request"] not in skipped]
    calls: list[Call] = [*made, *in_effect(plan)]
    resources = {call["request"]["ResourceId"] for call in calls if "ResourceId" in call["request"]}
    if not resources:
        return []
    found = take_of(clients["application-autoscaling"], resources)
    put_alarms = [call for call in calls if call["operation"] == "PutMetricAlarm"]
    return [
        *(line for call in calls if call["operation"] in BODIES for line in _of_scaling(call, found)),
        *(line for call in calls if call["operation"] in REMOVALS for line in _of_removal(call, found)),
        *(_of_alarms(put_alarms, found, plan["alarmPrefix"], clients) if put_alarms else ()),
    ]


def _of_scaling(call: Call, found: Snapshot) -> Iterator[str]:
    body = call["request"]
    there = _same(call["operation"], body, found)
    if there is None:
        yield f"{call['what']}: it is not registered"
        return
    for each in differences(body, there):
        if not _is_set_by_action(each, found.on(body)):
            yield f"{call['what']}: {each}"


def _of_removal(call: Call, found: Snapshot) -> Iterator[str]:
    if _same(REMOVALS[call["operation"]], call["request"], found) is not None:
        yield f"{call['what']}: it is still registered, and is expected to be deleted"


def _of_alarms(calls: list[Call], found: Snapshot, prefix: str, clients: Clients) -> Iterator[str]:
    existing = alarms.beginning_with(clients["cloudwatch"], prefix)
    arns = {policy_key(body): arn for arn, body in found.policy_arns.items()}
    for call in calls:
        body, there = call["request"], existing.get(call["request"]["AlarmName"])
        if there is None:
            yield f"{call['what']}: it does not exist"
            continue
        yield from (f"{call['what']}: {each}" for each in differences_of_alarm(body, alarms.without_policies(there)))
        if alarms.policy_arns(there) != [arns.get(policy_key(call["policy"]))]:
            yield f"{call['what']}: it does not trigger policy {call['policy']['PolicyName']}"


def _same(operation: str, body: Json, found: Snapshot) -> Json | None:
    """Return the registered resource with the identity of the body."""
    members = [*OF_A_TARGET, *([NAMES[operation]] if operation in NAMES else [])]
    registered: list[Json] = getattr(found, BODIES[operation])
    return next((each for each in registered if all(each[name] == body[name] for name in members)), None)


def _is_set_by_action(difference: Difference, on_target: Snapshot) -> bool:
    """Whether a bound is that of a scheduled action of the target, which may have run in between."""
    member = difference.place.removeprefix("/")
    actions = [action["ScalableTargetAction"] for action in on_target.scheduled_actions]
    return member in BOUNDS and any(action.get(member) == difference.found for action in actions)
