"""The steps of the alarms that Slipway creates: put before the endpoint changes, deleted after it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from plan_deployment.alarms.definitions import MonitoredVariant, Thresholds
from plan_deployment.situation import Situation
from shared import alarms
from shared.aws import Json
from shared.plan import Call, Step
from shared.planning import calls

# Actions that an owner gave an alarm; a new threshold preserves them.
ACTIONS = ("ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions")


@dataclass(frozen=True)
class RequestedAlarms:
    """The requested alarms; none unless the request says ``"alarms": "create"``.

    Attributes
    ----------
    standing : list of Json
        Bodies of PutMetricAlarm for the endpoint with any live config.
    of_config : list of Json
        The same for the requested config; none for serverless variants, which cannot have guardrails.
    """

    standing: list[Json] = field(default_factory=list)
    of_config: list[Json] = field(default_factory=list)

    @property
    def watched(self) -> list[str]:
        """Names of the alarms that SageMaker watches during an update."""
        return [alarm["AlarmName"] for alarm in self.of_config]


@dataclass(frozen=True)
class AlarmPlan:
    """Steps for the endpoint's alarms.

    Attributes
    ----------
    found : dict of str to Json
        The endpoint's alarms, by their name, as bodies of PutMetricAlarm.
    prepare, clean_up : list of Step
        Steps before the endpoint changes, and after it.
    """

    found: dict[str, Json]
    prepare: list[Step]
    clean_up: list[Step]


def requested_alarms(thresholds: Thresholds | None, prefix: str, situation: Situation) -> RequestedAlarms:
    """Return the requested alarms.

    Parameters
    ----------
    prefix : str
        Beginning of the names of the endpoint's alarms.
    """
    if thresholds is None:
        return RequestedAlarms()
    variants, endpoint_name = situation.content.config["ProductionVariants"], situation.endpoint_name
    names = [variant["VariantName"] for variant in variants]
    on_instances = [variant["VariantName"] for variant in variants if "ServerlessConfig" not in variant]
    standing = [MonitoredVariant(prefix, endpoint_name, name) for name in names]
    of_config = [MonitoredVariant(prefix, endpoint_name, name, situation.config_name) for name in on_instances]
    return RequestedAlarms(
        [alarm for variant in standing for alarm in variant.alarms(thresholds)],
        [alarm for variant in of_config for alarm in variant.alarms(thresholds)],
    )


def plan_alarms(
    requested: RequestedAlarms, existing: Callable[[], dict[str, Json]], situation: Situation, tags: list[Json]
) -> AlarmPlan:
    """Return the steps for the endpoint's alarms.

    An alarm that SageMaker watches is deleted before it is put again: a change preserves the state of an alarm, and
    SageMaker would act on that of an earlier update (CloudWatch API reference, PutMetricAlarm).

    Parameters
    ----------
    existing : callable
        Returns the endpoint's alarms by name, as bodies of PutMetricAlarm. Those of its scaling are not changed.
    tags : list of Json
        Tags of the alarms.
    """
    # A new endpoint has no alarms but those of this request.
    found = existing() if situation.live or requested.standing else {}
    found = {name: alarm for name, alarm in found.items() if not alarms.triggers_scaling(alarm)}
    put = [_with_actions(alarm, found) for alarm in requested.standing]
    put = [alarm for alarm in put if not _is_put(alarm, found)]
    if situation.action == "update":
        put += requested.of_config
    stay = {alarm["AlarmName"] for alarm in requested.standing}
    if situation.action != "create":  # on a new endpoint, alarms of this config remain from an earlier endpoint
        stay.update(requested.watched)
    names = [alarm["AlarmName"] for alarm in put]
    replaced = [name for name in requested.watched if name in names and name in found]
    before = {name: calls.put_alarm(alarm | {"Tags": tags}) for name, alarm in found.items()}
    return AlarmPlan(
        found,
        [
            *(calls.step("prepare", calls.delete_alarm(name), [before[name]]) for name in replaced),
            *(_put(alarm | {"Tags": tags}, before) for alarm in put),
        ],
        [calls.step("clean up", calls.delete_alarm(name)) for name in found if name not in stay],
    )


def _put(alarm: Json, before: dict[str, Call]) -> Step:
    name = alarm["AlarmName"]
    call = calls.put_alarm(alarm)
    if name in before:
        return calls.step("prepare", call, [before[name]], action="update")
    return calls.step("prepare", call, [calls.delete_alarm(name)])


def _with_actions(alarm: Json, found: dict[str, Json]) -> Json:
    """Return the alarm with the actions that its owner gave it; Slipway's alarms have none."""
    there = found.get(alarm["AlarmName"], {})
    return alarm | {name: there[name] for name in ACTIONS if name in there}


def _is_put(alarm: Json, found: dict[str, Json]) -> bool:
    name = alarm["AlarmName"]
    return name in found and alarms.are_equal(alarm, found[name])
