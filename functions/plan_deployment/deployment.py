"""What a request asks of an update's guardrails, in SageMaker's own terms, and where in the request it does so.

Which way SageMaker rounds a percentage of few instances is not documented. So both are reckoned with: rounded up, a
step is the larger share of the traffic; rounded down, there are more steps to wait after.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from plan_deployment.schema import SCHEMA
from plan_deployment.strategies import ALL_AT_ONCE, BLUE_GREEN, BY_NAME, BY_ROUTING_TYPE, ROLLING, Strategy
from plan_deployment.variant_rules import is_serverless, variants
from shared.aws import Json

FIELD = "deploymentConfig"
ALARMS = "alarms"
CREATE = "create"
AUTO_ROLLBACK = "AutoRollbackConfiguration"
ROUTING = "TrafficRoutingConfiguration"
MAXIMUM = "MaximumExecutionTimeoutInSeconds"
MEMBERS: Json = SCHEMA["properties"][FIELD]["properties"]
SHORT_MEMBERS = tuple(name for name in MEMBERS if name[0].islower())
OWN_MEMBERS = tuple(name for name in MEMBERS if name[0].isupper())
PERCENT = "CAPACITY_PERCENT"


@dataclass(frozen=True)
class Deployment:
    """The guardrails that a request asks for.

    Attributes
    ----------
    config : Json
        SageMaker's DeploymentConfig with the alarms of the whole request; it has a
        MaximumExecutionTimeoutInSeconds only if the request gives one.
    places : dict of str to str
        JSON pointers of the ``whole``, and of its ``strategy``, ``size``, ``wait`` and ``maximum``.
    alarms : dict of str to str
        JSON pointer of each alarm that the request names, by its name.
    makes_alarms : bool
        Whether alarms that Slipway makes are watched, too.
    """

    strategy: Strategy
    config: Json
    places: dict[str, str]
    alarms: dict[str, str]
    makes_alarms: bool

    @property
    def maximum_seconds(self) -> int | None:
        """The request's own MaximumExecutionTimeoutInSeconds."""
        seconds: int | None = self._policy.get(MAXIMUM)
        return seconds

    @property
    def bake_seconds(self) -> int:
        """Seconds of waiting after each step."""
        return int(self._pace["WaitIntervalInSeconds"])

    @property
    def termination_seconds(self) -> int:
        """Seconds that the old fleet is kept after the last step."""
        return int(self._policy.get("TerminationWaitInSeconds", 0))

    @property
    def size(self) -> Json:
        """CapacitySize of a step; empty where there is one step only."""
        size: Json = self._pace[self.strategy.size.member] if self.strategy.size else {}
        return size

    def batch(self, instances: int, rounded: Callable[[float], int]) -> int:
        """Instances in a step, of a variant that has so many; a percentage of them rounded up or down, at least one."""
        value: int = self.size["Value"]
        return max(1, rounded(instances * value / 100)) if self.size["Type"] == PERCENT else value

    def steps(self, counts: list[int]) -> int:
        """Most steps that there can be: those of the variant that takes most, a percentage rounded down.

        Parameters
        ----------
        counts : list of int
            Instances of each variant.
        """
        if self.strategy.steps is not None:
            return self.strategy.steps
        return max((math.ceil(count / self.batch(count, math.floor)) for count in counts if count), default=1)

    def complete(self, seconds: int, own_alarms: Iterable[str]) -> Json:
        """The DeploymentConfig with this MaximumExecutionTimeoutInSeconds, and with the alarms that Slipway makes."""
        rollback = _rollback([*self.alarms, *own_alarms])
        return self.config | rollback | {self.strategy.policy: self._policy | {MAXIMUM: seconds}}

    def without(self, alarms: Collection[str]) -> "Deployment":
        """The same, watching none of these alarms."""
        kept = {name: place for name, place in self.alarms.items() if name not in alarms}
        return replace(self, config={self.strategy.policy: self._policy} | _rollback(kept), alarms=kept)

    @property
    def _policy(self) -> Json:
        policy: Json = self.config[self.strategy.policy]
        return policy

    @property
    def _pace(self) -> Json:
        """What has the size and the waiting time of a step."""
        pace: Json = self._policy.get(ROUTING, self._policy)
        return pace


def deployment(request: Json) -> Deployment | None:
    """The guardrails that a valid request asks for; None if it asks for none.

    With alarms alone: blue/green, all at once, with the default baking time.
    """
    if FIELD not in request and (ALARMS not in request or _has_no_fleet(request)):
        return None
    given = request.get(FIELD, {})
    alarms = alarm_places(request)
    own = BLUE_GREEN in given or ROLLING in given
    strategy = _own_strategy(given) if own else BY_NAME[given.get("strategy", ALL_AT_ONCE.name)]
    policy = given[strategy.policy] if own else _policy(given, strategy)
    places = _own_places(strategy) if own else _short_places()
    whole = {"whole": f"/{FIELD if FIELD in request else ALARMS}"}
    config = {strategy.policy: policy} | _rollback(alarms)
    return Deployment(strategy, config, whole | places, alarms, makes_alarms(request))


def makes_alarms(request: Json) -> bool:
    """Whether the request has alarms made."""
    return request.get(ALARMS) == CREATE


def alarm_places(request: Json) -> dict[str, str]:
    """JSON pointer of each alarm that the request names, by its name; of a name that is there twice, the first."""
    rollback = (request.get(FIELD) or {}).get(AUTO_ROLLBACK) or {}
    own = [] if makes_alarms(request) else request.get(ALARMS) or []
    named = [(name, f"/{ALARMS}/{index}") for index, name in enumerate(own)]
    for index, alarm in enumerate(rollback.get("Alarms") or []):
        named.append(((alarm or {}).get("AlarmName"), f"/{FIELD}/{AUTO_ROLLBACK}/Alarms/{index}/AlarmName"))
    places: dict[str, str] = {}
    for name, place in named:
        if name is not None:
            places.setdefault(name, place)
    return places


def _has_no_fleet(request: Json) -> bool:
    """Whether the endpoint is serverless: what SageMaker cannot watch, CloudWatch still can."""
    return any(is_serverless(variant) for _, variant in variants(request))


def _rollback(alarms: Iterable[str]) -> Json:
    named = [{"AlarmName": name} for name in alarms]
    return {AUTO_ROLLBACK: {"Alarms": named}} if named else {}


def _own_strategy(given: Json) -> Strategy:
    return BY_ROUTING_TYPE[given[BLUE_GREEN][ROUTING]["Type"] if BLUE_GREEN in given else None]


def _policy(short: Json, strategy: Strategy) -> Json:
    """The policy that the short form means."""
    pace: Json = {"WaitIntervalInSeconds": 60 * short.get("bakeMinutes", MEMBERS["bakeMinutes"]["default"])}
    if strategy.size:
        percent = short.get("percent", strategy.size.default_percent)
        pace[strategy.size.member] = {"Type": PERCENT, "Value": percent}
    policy = {ROUTING: {"Type": strategy.routing_type} | pace} if strategy.routing_type else pace
    limits = {"TerminationWaitInSeconds": "terminationWaitMinutes", MAXIMUM: "maximumMinutes"}
    return policy | {member: 60 * short[name] for member, name in limits.items() if name in short}


def _short_places() -> dict[str, str]:
    names = {"strategy": "strategy", "size": "percent", "wait": "bakeMinutes", "maximum": "maximumMinutes"}
    return {what: f"/{FIELD}/{name}" for what, name in names.items()}


def _own_places(strategy: Strategy) -> dict[str, str]:
    policy = f"/{FIELD}/{strategy.policy}"
    pace = f"{policy}/{ROUTING}" if strategy.routing_type else policy
    return {
        "strategy": f"{pace}/Type" if strategy.routing_type else policy,
        "size": f"{pace}/{strategy.size.member}/Value" if strategy.size else pace,
        "wait": f"{pace}/WaitIntervalInSeconds",
        "maximum": f"{policy}/{MAXIMUM}",
    }
