"""The steps of the alarms that trigger step scaling policies: put after their policies, deleted before them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from plan_deployment.scaling.requested import ResourceScaling
from shared import alarms
from shared.aws import Json
from shared.plan import Call, Step
from shared.planning import calls
from shared.planning.scaling_snapshot import Snapshot, policy_key

# Members that an owner can give an alarm; a change preserves them.
OF_OWNER = ("ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions")


@dataclass(frozen=True)
class ScalingAlarms:
    """The alarms of an endpoint's step policies.

    Attributes
    ----------
    before : dict of str to Call
        Calls that put the existing alarms as they are, by the names of the alarms.
    put, delete : list of Step
        Steps after the policies are put, and before policies are deleted.
    in_effect : list of Call
        Calls that would put the requested alarms that exist already.
    """

    before: dict[str, Call] = field(default_factory=dict)
    put: list[Step] = field(default_factory=list)
    delete: list[Step] = field(default_factory=list)
    in_effect: list[Call] = field(default_factory=list)


def plan_scaling_alarms(
    requested: Iterable[ResourceScaling],
    existing: dict[str, Json],
    snapshot: Snapshot,
    put_again: Iterable[Json],
    tags: list[Json],
) -> ScalingAlarms:
    """Return the steps of the alarms.

    Parameters
    ----------
    existing : dict of str to Json
        The endpoint's alarms as bodies of PutMetricAlarm, by their names.
    snapshot : Snapshot
        The registered scaling.
    put_again : iterable of Json
        Policies that are deleted and put again, so that their ARNs change.
    """
    found = {name: alarm for name, alarm in existing.items() if alarms.triggers_scaling(alarm)}
    before = {name: _as_it_is(alarm, snapshot, tags) for name, alarm in found.items()}
    planned = ScalingAlarms(before)
    new_arns = [policy_key(policy) for policy in put_again]
    wanted = set()
    for call in _wanted(requested, found, tags):
        name, policy = call["request"]["AlarmName"], call["policy"]
        wanted.add(name)
        arns = [arn for arn, each in snapshot.policy_arns.items() if policy_key(each) == policy_key(policy)]
        is_triggering = arns and policy_key(policy) not in new_arns and alarms.policy_arns(found.get(name, {})) == arns
        if is_triggering and alarms.are_equal(call["request"], alarms.without_policies(found[name])):
            planned.in_effect.append(before[name])
        elif name in before:
            planned.put.append(calls.step("scale", call, [before[name]], action="update"))
        else:
            planned.put.append(calls.step("scale", call, [calls.delete_alarm(name)]))
    for name in found.keys() - wanted:
        planned.delete.append(calls.step("scale", calls.delete_alarm(name), [before[name]]))
    return planned


def _wanted(requested: Iterable[ResourceScaling], found: dict[str, Json], tags: list[Json]) -> Iterator[Call]:
    for each in requested:
        policies = {policy["PolicyName"]: policy for policy in each.policies}
        for alarm in each.alarms:
            there = alarms.without_policies(found.get(alarm.body["AlarmName"], {}))
            owners = {name: there[name] for name in OF_OWNER if name in there}
            yield calls.put_scaling_alarm(alarm.body | owners | {"Tags": tags}, policies[alarm.policy_name])


def _as_it_is(alarm: Json, snapshot: Snapshot, tags: list[Json]) -> Call:
    """Return the call that puts the alarm as it is, with the ARN that its policy has by then."""
    policies = [snapshot.policy_arns[arn] for arn in alarms.policy_arns(alarm) if arn in snapshot.policy_arns]
    if len(policies) != 1 or len(alarms.policy_arns(alarm)) != 1:
        return calls.put_alarm(alarm | {"Tags": tags})
    return calls.put_scaling_alarm(alarms.without_policies(alarm) | {"Tags": tags}, policies[0])
