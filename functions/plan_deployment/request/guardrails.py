"""The guardrails in a request, as SageMaker's DeploymentConfig, with their places in the request.

SageMaker does not document how it rounds a percentage of few instances. Both ways are taken into account: rounded up,
a step is a larger share of the traffic; rounded down, there are more steps to wait after.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from plan_deployment.request.fields import production_variants, runs_serverless
from plan_deployment.request.schema import SCHEMA
from plan_deployment.request.strategies import ALL_AT_ONCE, BLUE_GREEN, BY_NAME, BY_ROUTING_TYPE, ROLLING, Strategy
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
class RequestedGuardrails:
    """Guardrails in a request.

    Attributes
    ----------
    config : Json
        SageMaker's DeploymentConfig with all alarms of the request, and with MaximumExecutionTimeoutInSeconds only if
        the request gives it.
    places : dict of str to str
        JSON pointers of the ``whole``, and of its ``strategy``, ``size``, ``wait`` and ``maximum``.
    alarms : dict of str to str
        JSON pointer of each alarm that the request names, by its name.
    creates_alarms : bool
        Whether alarms that Slipway creates are watched, too.
    """

    strategy: Strategy
    config: Json
    places: dict[str, str]
    alarms: dict[str, str]
    creates_alarms: bool

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
        """Seconds for which the old instances are kept after the last step."""
        return int(self._policy.get("TerminationWaitInSeconds", 0))

    @property
    def size(self) -> Json:
        """CapacitySize of a step; empty if there is only one step."""
        size: Json = self._pace[self.strategy.size.member] if self.strategy.size else {}
        return size

    def batch(self, instances: int, rounded: Callable[[float], int]) -> int:
        """Return the instances of a variant in one step, at least one; `rounded` rounds a percentage."""
        value: int = self.size["Value"]
        return max(1, rounded(instances * value / 100)) if self.size["Type"] == PERCENT else value

    def steps(self, counts: list[int]) -> int:
        """Return the maximum number of steps: that of the variant with most steps, a percentage rounded down.

        Parameters
        ----------
        counts : list of int
            Instances of each variant.
        """
        if self.strategy.steps is not None:
            return self.strategy.steps
        return max((math.ceil(count / self.batch(count, math.floor)) for count in counts if count), default=1)

    def complete(self, seconds: int, created_alarms: Iterable[str]) -> Json:
        """Return the DeploymentConfig with its MaximumExecutionTimeoutInSeconds and the created alarms."""
        rollback = _rollback([*self.alarms, *created_alarms])
        return self.config | rollback | {self.strategy.policy: self._policy | {MAXIMUM: seconds}}

    def without(self, alarms: Collection[str]) -> "RequestedGuardrails":
        """Return the guardrails without these alarms."""
        kept = {name: place for name, place in self.alarms.items() if name not in alarms}
        return replace(self, config={self.strategy.policy: self._policy} | _rollback(kept), alarms=kept)

    @property
    def _policy(self) -> Json:
        policy: Json = self.config[self.strategy.policy]
        return policy

    @property
    def _pace(self) -> Json:
        """The structure with the size and the waiting time of a step."""
        pace: Json = self._policy.get(ROUTING, self._policy)
        return pace


def requested_guardrails(request: Json) -> RequestedGuardrails | None:
    """Return the guardrails in a valid request; None if it has none.

    Alarms alone mean blue/green, all at once, with the default baking time.
    """
    if FIELD not in request and (ALARMS not in request or _is_serverless(request)):
        return None
    given = request.get(FIELD, {})
    alarms = alarm_places(request)
    own = BLUE_GREEN in given or ROLLING in given
    strategy = _own_strategy(given) if own else BY_NAME[given.get("strategy", ALL_AT_ONCE.name)]
    policy = given[strategy.policy] if own else _policy(given, strategy)
    places = _own_places(strategy) if own else _short_places()
    whole = {"whole": f"/{FIELD if FIELD in request else ALARMS}"}
    config = {strategy.policy: policy} | _rollback(alarms)
    return RequestedGuardrails(strategy, config, whole | places, alarms, creates_alarms(request))


def creates_alarms(request: Json) -> bool:
    """Whether Slipway creates alarms for the request."""
    return request.get(ALARMS) == CREATE


def alarm_places(request: Json) -> dict[str, str]:
    """Return the JSON pointer of each alarm that the request names, by its name; the first if it is named twice."""
    rollback = (request.get(FIELD) or {}).get(AUTO_ROLLBACK) or {}
    own = [] if creates_alarms(request) else request.get(ALARMS) or []
    named = [(name, f"/{ALARMS}/{index}") for index, name in enumerate(own)]
    for index, alarm in enumerate(rollback.get("Alarms") or []):
        named.append(((alarm or {}).get("AlarmName"), f"/{FIELD}/{AUTO_ROLLBACK}/Alarms/{index}/AlarmName"))
    places: dict[str, str] = {}
    for name, place in named:
        if name is not None:
            places.setdefault(name, place)
    return places


def _is_serverless(request: Json) -> bool:
    """Whether the endpoint is serverless: then SageMaker watches no alarms, and CloudWatch still does."""
    return any(runs_serverless(variant) for _, variant in production_variants(request))


def _rollback(alarms: Iterable[str]) -> Json:
    named = [{"AlarmName": name} for name in alarms]
    return {AUTO_ROLLBACK: {"Alarms": named}} if named else {}


def _own_strategy(given: Json) -> Strategy:
    return BY_ROUTING_TYPE[given[BLUE_GREEN][ROUTING]["Type"] if BLUE_GREEN in given else None]


def _policy(short: Json, strategy: Strategy) -> Json:
    """Return the policy that the short form means."""
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
