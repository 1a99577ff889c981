"""The guardrails of a deployment: whether they suit the endpoint, and their part of UpdateEndpoint.

A creation sends no DeploymentConfig, but the same rules apply to it, so that a request which the first update would
refuse is refused now. They do not apply to an endpoint that runs the requested config, or is changing to it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from plan_deployment.guardrails import alarms, instances, warnings
from plan_deployment.request.deadlines import LONGEST_SECONDS, WORK_SECONDS, default_seconds
from plan_deployment.request.guardrails import RequestedGuardrails
from plan_deployment.request.strategies import ROLLING
from plan_deployment.situation import Situation
from shared.aws import Client, Json
from shared.errors import InvalidRequest
from shared.plan import Guardrails
from shared.planning.faults import Fault, message

LONGEST_WAITS_SECONDS = LONGEST_SECONDS - WORK_SECONDS


@dataclass(frozen=True)
class GuardrailPlan:
    """The guardrails of an update, and the deadline that they need.

    Attributes
    ----------
    deadline_seconds : int
        From the turn of the execution.
    guardrails : Guardrails or None
        The plan's `guardrails`.
    update_members : Json
        Members of UpdateEndpoint for the guardrails; empty if there are none.
    warnings : list of str
        Where guardrails have no effect, or not the expected one.
    """

    deadline_seconds: int
    guardrails: Guardrails | None = None
    update_members: Json = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def plan_guardrails(
    situation: Situation, counts: dict[str, int], created_alarms: list[str], cloudwatch: Callable[[], Client]
) -> GuardrailPlan:
    """Return the guardrails of a deployment.

    Parameters
    ----------
    counts : dict of str to int
        Instances of each variant at the beginning of an update, by the variant's name.
    created_alarms : list of str
        Names of the alarms that are created for the update.
    cloudwatch : callable
        Returns the client; called only if alarms have to be read.

    Raises
    ------
    InvalidRequest
        If SageMaker would refuse the guardrails or could not keep to them; it names every fault.
    """
    request, action = situation.source.request, situation.action
    requested, config = request.guardrails, request.config
    unguarded = GuardrailPlan(request.deadline_seconds or default_seconds(config))
    if requested is None or action == "none":
        return unguarded
    if action == "shift":
        return GuardrailPlan(unguarded.deadline_seconds, warnings=[warnings.not_for_weights(requested)])
    steps = requested.steps(list(counts.values()))
    waits = steps * requested.bake_seconds + requested.termination_seconds
    batches = steps if requested.strategy.policy == ROLLING else 1
    deadline_seconds = request.deadline_seconds or _deadline_seconds(requested, waits, default_seconds(config, batches))
    if action == "join":
        return GuardrailPlan(deadline_seconds)
    faults = [
        *instances.size_faults(requested, counts),
        *instances.change_faults(requested, config["ProductionVariants"], situation.live),
        *_time_faults(requested, steps, waits, request.deadline_seconds),
    ]
    unfit = dict(_alarm_faults(requested.alarms, situation, cloudwatch))
    if request.is_rollback and faults:
        return GuardrailPlan(unguarded.deadline_seconds, warnings=list(_left_out("All guardrails are", faults)))
    if request.is_rollback:
        requested = requested.without(unfit)
    elif faults or unfit:
        raise InvalidRequest(message("The request", [*faults, *unfit.values()]))
    found = [
        *_left_out("This alarm is", unfit.values()),
        *warnings.warnings(requested, config["ProductionVariants"], counts, situation.models),
    ]
    if action == "create":
        return GuardrailPlan(unguarded.deadline_seconds, warnings=[*warnings.not_yet(requested), *found])
    # SageMaker gives up, and rolls back, ten minutes before Slipway would have to.
    maximum = requested.maximum_seconds or max(waits + WORK_SECONDS, deadline_seconds - WORK_SECONDS)
    members = {"DeploymentConfig": requested.complete(maximum, created_alarms)}
    return GuardrailPlan(deadline_seconds, {"strategy": requested.strategy.name, "waitSeconds": waits}, members, found)


def _deadline_seconds(requested: RequestedGuardrails, waits: int, unguarded_seconds: int) -> int:
    """Return the default deadline, extended by the waits and at least what the request gives SageMaker."""
    needed = max(unguarded_seconds + waits, (requested.maximum_seconds or 0) + WORK_SECONDS)
    return min(needed, LONGEST_SECONDS)


def _time_faults(requested: RequestedGuardrails, steps: int, waits: int, given_deadline: int | None) -> Iterator[Fault]:
    maximum = requested.maximum_seconds
    sum_ = f"{steps} times {requested.bake_seconds} s, and {requested.termination_seconds} s until the old instances go"
    if waits > LONGEST_WAITS_SECONDS:
        problem = f"the update waits {waits} s ({sum_}), but only {LONGEST_WAITS_SECONDS} s fit in the longest deadline"
        bearable = (LONGEST_WAITS_SECONDS - requested.termination_seconds) // steps
        yield Fault(requested.places["wait"], problem, f"Use larger steps, or wait at most {bearable} s after each")
        return
    if maximum is not None and maximum <= waits:
        problem = f"{maximum} s is not longer than the waits of the update, {waits} s ({sum_})"
        minutes = waits // 60 + 1
        yield Fault(requested.places["maximum"], problem, f"Give at least {minutes} minutes ({60 * minutes} s)")
    if given_deadline is not None and given_deadline < waits + WORK_SECONDS:
        problem = f"{given_deadline} s is too short for an update that waits {waits} s ({sum_}) and starts instances"
        yield Fault("/deadlineSeconds", problem, f"Give at least {waits + WORK_SECONDS}, or leave it out")


def _left_out(what: str, faults: Iterable[Fault]) -> Iterator[str]:
    """Yield a warning for each fault of a restored deployment's guardrails, without which it must be possible."""
    yield from (f"{what} left out of the rollback: {fault.problem} ({fault.pointer})." for fault in faults)


def _alarm_faults(
    places: dict[str, str], situation: Situation, cloudwatch: Callable[[], Client]
) -> Iterator[tuple[str, Fault]]:
    """Yield the faults of alarms, with the alarm's name."""
    if not places:
        return
    found = alarms.describe(cloudwatch(), list(places))
    yield from alarms.missing(places, found)
    if situation.action == "update":  # SageMaker watches no creation, and alarms can be on before there is an endpoint
        yield from alarms.already_on(places, found)
