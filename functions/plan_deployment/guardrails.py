"""Whether the guardrails that a request asks for suit the endpoint as it is, and what they come to.

A creation sends no DeploymentConfig, but is judged by the same rules, so that what the first update would refuse is
refused now. An endpoint that serves as asked already, or is on its way there, is not judged at all.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from plan_deployment import deployment_warnings, fleet, watched_alarms
from plan_deployment.deadlines import LONGEST_SECONDS, WORK_SECONDS, default_seconds
from plan_deployment.deployment import Deployment
from plan_deployment.existing import Action
from plan_deployment.request import Request
from plan_deployment.strategies import ROLLING
from shared.aws import Client, Json
from shared.errors import InvalidRequest
from shared.planning.faults import Fault, message

LONGEST_WAITS_SECONDS = LONGEST_SECONDS - WORK_SECONDS


@dataclass(frozen=True)
class Guardrails:
    """What the guardrails come to.

    Attributes
    ----------
    update_members : Json
        What UpdateEndpoint gets for them; empty where there are none.
    deployment : Json or None
        The plan's `deployment`.
    deadline_seconds : int
        From the start of the execution.
    warnings : list of str
        What the guardrails do not do, or not as it may be meant.
    """

    update_members: Json
    deployment: Json | None
    deadline_seconds: int
    warnings: list[str]


def guard(
    request: Request,
    action: Action,
    endpoint: Json | None,
    counts: dict[str, int],
    models: dict[str, Json],
    own_alarms: list[str],
    cloudwatch: Callable[[], Client],
) -> Guardrails:
    """The guardrails of a deployment.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.
    counts : dict of str to int
        Instances that an update begins with, by the variant's name.
    models : dict of str to Json
        DescribeModel's answers, by the model's name.
    own_alarms : list of str
        Names of the alarms that are made for the update.
    cloudwatch : callable
        Gives the client; called only where there are alarms to look at.

    Raises
    ------
    InvalidRequest
        When SageMaker would refuse the guardrails, or could not keep to them; every fault is named at once.
    """
    wanted = request.deployment
    unguarded_seconds = request.deadline_seconds or default_seconds(request.config)
    if wanted is None or action in ("none", "shift"):
        unused = list(deployment_warnings.not_for_weights(wanted)) if wanted and action == "shift" else []
        return Guardrails({}, None, unguarded_seconds, unused)
    variants = request.config["ProductionVariants"]
    steps = wanted.steps(list(counts.values()))
    waits = steps * wanted.bake_seconds + wanted.termination_seconds
    batches = steps if wanted.strategy.policy == ROLLING else 1
    deadline_seconds = request.deadline_seconds or _deadline_seconds(
        wanted, waits, default_seconds(request.config, batches)
    )
    if action == "join":
        return Guardrails({}, None, deadline_seconds, [])
    faults = [
        *fleet.size_faults(wanted, counts),
        *fleet.change_faults(wanted, variants, endpoint),
        *_time_faults(wanted, steps, waits, request.deadline_seconds),
    ]
    unfit = dict(_alarm_faults(wanted.alarms, action, cloudwatch))
    if request.is_rollback and faults:
        return Guardrails({}, None, unguarded_seconds, list(_left_out("All guardrails are", faults)))
    if request.is_rollback:
        wanted = wanted.without(unfit)
    elif faults or unfit:
        raise InvalidRequest(message("The request", [*faults, *unfit.values()]))
    warnings = [
        *_left_out("This alarm is", unfit.values()),
        *deployment_warnings.warnings(wanted, variants, counts, models),
    ]
    if action == "create":
        return Guardrails({}, None, unguarded_seconds, [*deployment_warnings.not_yet(wanted), *warnings])
    # Ten minutes before the deadline, so that SageMaker gives up, and goes back, before Slipway has to.
    maximum = wanted.maximum_seconds or max(waits + WORK_SECONDS, deadline_seconds - WORK_SECONDS)
    deployment = {"strategy": wanted.strategy.name, "waitSeconds": waits, "maximumSeconds": maximum}
    update_members = {"DeploymentConfig": wanted.complete(maximum, own_alarms)}
    return Guardrails(update_members, deployment, deadline_seconds, warnings)


def _deadline_seconds(wanted: Deployment, waits: int, unguarded_seconds: int) -> int:
    """The default deadline, raised by the waits and no shorter than what the request gives SageMaker."""
    needed = max(unguarded_seconds + waits, (wanted.maximum_seconds or 0) + WORK_SECONDS)
    return min(needed, LONGEST_SECONDS)


def _time_faults(wanted: Deployment, steps: int, waits: int, given_deadline: int | None) -> Iterator[Fault]:
    maximum = wanted.maximum_seconds
    told = f"{steps} times {wanted.bake_seconds} s, and {wanted.termination_seconds} s before the old fleet goes"
    if waits > LONGEST_WAITS_SECONDS:
        problem = f"the update would wait {waits} s ({told}), and {LONGEST_WAITS_SECONDS} s fit in the longest deadline"
        bearable = (LONGEST_WAITS_SECONDS - wanted.termination_seconds) // steps
        yield Fault(wanted.places["wait"], problem, f"Take larger steps, or wait at most {bearable} s after each")
        return
    if maximum is not None and maximum <= waits:
        problem = f"{maximum} s is no longer than the update waits, {waits} s ({told})"
        minutes = waits // 60 + 1
        yield Fault(wanted.places["maximum"], problem, f"Give at least {minutes} minutes ({60 * minutes} s)")
    if given_deadline is not None and given_deadline < waits + WORK_SECONDS:
        problem = f"{given_deadline} s is too short for an update that waits {waits} s ({told}) and works meanwhile"
        yield Fault("/deadlineSeconds", problem, f"Give at least {waits + WORK_SECONDS}, or leave it out")


def _left_out(what: str, faults: Iterable[Fault]) -> Iterator[str]:
    """A warning for each fault of a former deployment's guardrails: going back must be possible without them."""
    yield from (f"{what} left out of the rollback, for {fault.problem} ({fault.pointer})." for fault in faults)


def _alarm_faults(
    places: dict[str, str], action: Action, cloudwatch: Callable[[], Client]
) -> Iterator[tuple[str, Fault]]:
    """Faults of alarms, by the alarm's name."""
    if not places:
        return
    found = watched_alarms.describe(cloudwatch(), list(places))
    yield from watched_alarms.missing(places, found)
    if action == "update":  # nothing watches a creation, and alarms may well be off before there is an endpoint
        yield from watched_alarms.gone_off(places, found)
