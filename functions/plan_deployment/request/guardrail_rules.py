"""Rules on the guardrails of a request, whatever the endpoint. See `variant_rules` for what a rule is.

The package `guardrails` has the rules that depend on the endpoint.
"""

from collections.abc import Iterator

from plan_deployment.alarms.definitions import PER_VARIANT
from plan_deployment.request.fields import every_variant, production_variants, runs_serverless
from plan_deployment.request.guardrails import (
    ALARMS,
    AUTO_ROLLBACK,
    FIELD,
    OWN_MEMBERS,
    PERCENT,
    ROUTING,
    SHORT_MEMBERS,
    alarm_places,
    creates_alarms,
)
from plan_deployment.request.strategies import (
    ALL_AT_ONCE,
    BLUE_GREEN,
    BY_NAME,
    BY_ROUTING_TYPE,
    ROLLING,
    STRATEGIES,
    Strategy,
)
from shared.aws import Json
from shared.planning.faults import Fault

THRESHOLDS = "alarmThresholds"
MOST_ALARMS = 10  # SageMaker API reference, AutoRollbackConfig
ROUTED = tuple(strategy for strategy in STRATEGIES if strategy.routing_type)


def only_one_form_is_used(request: Json) -> Iterator[Fault]:
    given = request.get(FIELD)
    if given is None:
        return
    short = [name for name in SHORT_MEMBERS if name in given]
    own = [name for name in OWN_MEMBERS if name in given]
    if short and own:
        problem = f"mixes the short form ({', '.join(short)}) with SageMaker's ({', '.join(own)})"
        yield Fault(f"/{FIELD}", problem, f"Keep one form; alarms are named in /{ALARMS} with either")
    elif BLUE_GREEN in own and ROLLING in own:
        yield Fault(f"/{FIELD}", f"has {BLUE_GREEN} and {ROLLING}", "Keep one of them")
    elif short and "strategy" not in short:
        yield Fault(f"/{FIELD}/strategy", "is missing", f"Give one of {', '.join(BY_NAME)}")
    elif not short and own in ([], [AUTO_ROLLBACK]) and not alarm_places(request) and not creates_alarms(request):
        problem = "neither says how the traffic is shifted nor which alarms are watched"
        yield Fault(f"/{FIELD}", problem, f"Give strategy, one of {', '.join(BY_NAME)}, or remove {FIELD}")


def short_form_suits_its_strategy(request: Json) -> Iterator[Fault]:
    given = request.get(FIELD) or {}
    strategy = BY_NAME.get(str(given.get("strategy")))
    if strategy is None:
        return
    if strategy is ALL_AT_ONCE and "percent" in given:
        problem = f"has no effect with the strategy {strategy.name}, which has one step"
        yield Fault(f"/{FIELD}/percent", problem, "Remove it, or choose canary, linear or rolling")
    if strategy.policy == ROLLING and "terminationWaitMinutes" in given:
        problem = "has no effect with the strategy rolling, which keeps no old instances"
        yield Fault(f"/{FIELD}/terminationWaitMinutes", problem, "Remove it")
    yield from _percent_faults(strategy, f"/{FIELD}/percent", given.get("percent"))


def sagemaker_form_suits_its_type(request: Json) -> Iterator[Fault]:
    given = request.get(FIELD) or {}
    routing = (given.get(BLUE_GREEN) or {}).get(ROUTING) or {}
    routed = BY_ROUTING_TYPE.get(routing.get("Type")) if routing.get("Type") else None
    if routed:
        yield from _routing_faults(routed, routing)
    rolling = given.get(ROLLING) or {}
    yield from _capacity_faults(BY_ROUTING_TYPE[None], f"/{FIELD}/{ROLLING}", rolling)
    rollback = rolling.get("RollbackMaximumBatchSize") or {}
    share = rollback.get("Value")
    if rollback.get("Type") == PERCENT and share is not None and share > 100:
        at = f"/{FIELD}/{ROLLING}/RollbackMaximumBatchSize/Value"
        yield Fault(at, f"{share} % is more than all instances", "Give 1 to 100")


def _routing_faults(strategy: Strategy, routing: Json) -> Iterator[Fault]:
    at = f"/{FIELD}/{BLUE_GREEN}/{ROUTING}"
    if strategy.size and strategy.size.member not in routing:
        problem = f"is missing, and the Type {strategy.routing_type} needs it"
        yield Fault(f"{at}/{strategy.size.member}", problem, "Give it, with Type and Value")
    for other in ROUTED:
        if other is not strategy and other.size and other.size.member in routing:
            problem = f"has no effect with the Type {strategy.routing_type}"
            yield Fault(f"{at}/{other.size.member}", problem, f"Remove it, or give the Type {other.routing_type}")
    yield from _capacity_faults(strategy, at, routing)


def _capacity_faults(strategy: Strategy, at: str, pace: Json) -> Iterator[Fault]:
    size = (pace.get(strategy.size.member) or {}) if strategy.size else {}
    if strategy.size and size.get("Type") == PERCENT:
        yield from _percent_faults(strategy, f"{at}/{strategy.size.member}/Value", size.get("Value"))


def _percent_faults(strategy: Strategy, at: str, percent: int | None) -> Iterator[Fault]:
    if strategy.size is None or percent is None:
        return
    least, most = strategy.size.least_percent, strategy.size.most_percent
    if not least <= percent <= most:
        problem = f"{percent} % is outside what SageMaker allows for {strategy.name}"
        yield Fault(at, problem, f"Give {least} to {most}")


def guardrails_need_instances(request: Json) -> Iterator[Fault]:
    """SageMaker developer guide, deployment-guardrails-exclusions."""
    if any(runs_serverless(variant) for _, variant in production_variants(request)):
        for field in (FIELD, *(() if creates_alarms(request) else (ALARMS,))):
            if field in request:
                yield Fault(f"/{field}", "a serverless endpoint does not support deployment guardrails", "Remove it")


def rolling_takes_one_variant(request: Json) -> Iterator[Fault]:
    """SageMaker developer guide, deployment-guardrails-exclusions."""
    given = request.get(FIELD) or {}
    count = len(list(every_variant(request)))
    if count > 1 and (ROLLING in given or given.get("strategy") == "rolling"):
        at = f"/{FIELD}/{ROLLING if ROLLING in given else 'strategy'}"
        problem = f"a rolling update takes one variant, shadows included, and there are {count}"
        yield Fault(at, problem, "Choose canary, linear or all-at-once, or keep one variant")


def sagemaker_watches_ten_alarms(request: Json) -> Iterator[Fault]:
    named = alarm_places(request)
    if len(named) > MOST_ALARMS:
        problem = f"{len(named)} alarms, with those of /{FIELD}/{AUTO_ROLLBACK}, are more than SageMaker can watch"
        yield Fault(f"/{ALARMS}", problem, f"Keep {MOST_ALARMS} at most; a composite alarm stands for several")


def sagemaker_watches_two_created_alarms_a_variant(request: Json) -> Iterator[Fault]:
    room = (MOST_ALARMS - len(alarm_places(request))) // PER_VARIANT
    count = len(list(production_variants(request)))
    if creates_alarms(request) and count > room:
        problem = f"{PER_VARIANT} alarms for each of {count} variants exceed the {MOST_ALARMS} that SageMaker can watch"
        remedy = f"Keep {room} variants at most, or name alarms; a composite alarm stands for several"
        yield Fault(f"/{ALARMS}", problem, remedy)


def thresholds_need_created_alarms(request: Json) -> Iterator[Fault]:
    alarms_are_faulty = ALARMS in request and request[ALARMS] is None
    if THRESHOLDS in request and not creates_alarms(request) and not alarms_are_faulty:
        problem = "has no effect unless Slipway creates alarms"
        yield Fault(f"/{THRESHOLDS}", problem, f'Add "{ALARMS}": "create", or remove it')


RULES = (
    only_one_form_is_used,
    short_form_suits_its_strategy,
    sagemaker_form_suits_its_type,
    guardrails_need_instances,
    rolling_takes_one_variant,
    sagemaker_watches_ten_alarms,
    sagemaker_watches_two_created_alarms_a_variant,
    thresholds_need_created_alarms,
)
