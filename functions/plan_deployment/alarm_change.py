"""What becomes of the alarms that Slipway makes: put before the endpoint changes, removed when it has."""

from dataclasses import dataclass, field

from plan_deployment.existing import Action
from plan_deployment.own_alarms import Fleet, Thresholds
from shared.alarms import are_equal
from shared.aws import Json

# What people let an alarm do, on one that stays.
ACTIONS = ("ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions")


@dataclass(frozen=True)
class Wanted:
    """The alarms that the request asks for; none where it does not say create.

    Attributes
    ----------
    standing : list of Json
        Bodies of PutMetricAlarm, over whatever serves the endpoint.
    new_fleet : list of Json
        The same, over what runs the config that is asked for; none of what takes no guardrails.
    """

    standing: list[Json] = field(default_factory=list)
    new_fleet: list[Json] = field(default_factory=list)

    @property
    def watched(self) -> list[str]:
        """Names of the alarms that SageMaker is to watch during an update."""
        return [alarm["AlarmName"] for alarm in self.new_fleet]


def wanted(
    thresholds: Thresholds | None, prefix: str, endpoint_name: str, config_name: str, variants: list[Json]
) -> Wanted:
    """The alarms of an endpoint with these production variants."""
    if thresholds is None:
        return Wanted()
    names = [variant["VariantName"] for variant in variants]
    on_instances = [variant["VariantName"] for variant in variants if "ServerlessConfig" not in variant]
    standing = [Fleet(prefix, endpoint_name, name) for name in names]
    new_fleet = [Fleet(prefix, endpoint_name, name, config_name) for name in on_instances]
    return Wanted(
        [alarm for fleet in standing for alarm in fleet.alarms(thresholds)],
        [alarm for fleet in new_fleet for alarm in fleet.alarms(thresholds)],
    )


def decide(asked: Wanted, action: Action, found: dict[str, Json], prefix: str, tags: list[Json]) -> Json:
    """The plan's `alarms`.

    Parameters
    ----------
    found : dict of str to Json
        The alarms of the endpoint that are there, as `shared.alarms` gives them.
    prefix : str
        Beginning of the names of the endpoint's alarms.

    Returns
    -------
    Json
        ``replace``, names of alarms that are deleted before they are put, for a change leaves an alarm its state and
        SageMaker would go by that of an earlier update (CloudWatch API reference, PutMetricAlarm); ``put``, bodies of
        PutMetricAlarm; ``remove``, names of those that go in the end; ``previous``, bodies of those that are there and
        not left as they are; ``prefix``.
    """
    put = [_with_actions(alarm, found) for alarm in asked.standing]
    put = [alarm for alarm in put if not _is_there(alarm, found)]
    stay = {alarm["AlarmName"] for alarm in asked.standing}
    if action == "update":
        put += asked.new_fleet
    if action != "create":  # else nothing runs this config yet, and what bears its name is left of another endpoint
        stay.update(asked.watched)
    names = [alarm["AlarmName"] for alarm in put]
    remove = [name for name in found if name not in stay]
    previous = [alarm for name, alarm in found.items() if name in names or name in remove]
    return {
        "prefix": prefix,
        "replace": [name for name in asked.watched if name in names and name in found],
        "put": [alarm | {"Tags": tags} for alarm in put],
        "remove": remove,
        "previous": [alarm | {"Tags": tags} for alarm in previous],
    }


def _with_actions(alarm: Json, found: dict[str, Json]) -> Json:
    """An alarm of Slipway's does nothing by itself; what people let it do stays when its threshold changes."""
    there = found.get(alarm["AlarmName"], {})
    return alarm | {name: there[name] for name in ACTIONS if name in there}


def _is_there(alarm: Json, found: dict[str, Json]) -> bool:
    name = alarm["AlarmName"]
    return name in found and are_equal(alarm, found[name])
