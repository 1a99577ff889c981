"""What is left to do on the way back: from what the plan wanted and what exists, and from nothing else."""

from collections.abc import Iterable

from roll_back import alarms, scaling, steps
from roll_back.steps import Step, Wait, Way
from roll_back.survey import CONFIG, ENDPOINT, MODEL, Survey, nothing_registered
from shared import endpoints, weights
from shared.aws import Json

CHANGING_WAIT_SECONDS = 30
DELETING_WAIT_SECONDS = 15
# SageMaker takes no update and no deletion in these: it answers "Cannot update in-progress endpoint".
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# What SageMaker updates no more (SageMaker API reference, DescribeEndpoint), and what that means for whoever decides.
LOST = {
    "Failed": "it serves nobody, and SageMaker allows nothing but its deletion",
    "OutOfService": "it serves nobody",
    "UpdateRollbackFailed": (
        "it serves a mix of both configs, so neither of them is removed; AWS Support may mend it, and only if its "
        "traffic can do without it for some minutes do the commands make it anew"
    ),
}


def way_back(plan: Json, found: Survey) -> Way:
    """Everything that is left to do, in an order that never touches what serves.

    First the endpoint, back to its previous config or away; then its scaling; then its alarms, which SageMaker may
    watch until then; then the config; then the model. A config must stay while its endpoint is created, updated or
    deleted: without it nobody sees any more which instances the endpoint has (SageMaker API reference,
    DeleteEndpointConfig).

    Parameters
    ----------
    plan : Json
        The plan that failed.
    """
    endpoint = found.endpoint
    if endpoint is None:
        return _remove(plan, found)
    status, pending = endpoint["EndpointStatus"], endpoints.pending_config(endpoint)
    if ENDPOINT in found.ours:
        return _delete(plan, found, status)
    if status == "Deleting":
        return _after((_wait_for_deletion(plan),), _remove(plan, found))
    if plan["action"] == "create" or status == "Creating":
        return _leave(plan, found, "this execution did not make it")
    if status in LOST:
        return _make_anew(plan, found, status)
    if status in IN_PROGRESS or pending:
        return _wait(plan, found, pending)
    return _from(plan, found, endpoint["EndpointConfigName"])


def _delete(plan: Json, found: Survey, status: str) -> Way:
    """What this execution created goes, as soon as SageMaker takes a deletion."""
    before: tuple[Step, ...] = (_wait_for_service(plan),) if status in IN_PROGRESS else ()
    deletion = () if status == "Deleting" else (steps.delete_endpoint(plan["endpointName"]),)
    return _after((*before, *deletion, _wait_for_deletion(plan)), _remove(plan, found))


def _wait(plan: Json, found: Survey, pending: str | None) -> Way:
    """SageMaker cannot stop an update: ours, or the one that goes back, is waited for; anybody else's is theirs."""
    previous = plan.get("previous")
    own = (plan["endpointConfig"]["name"], previous["endpointConfigName"]) if previous else ()
    if pending and not any(endpoints.same_name(pending, name) for name in own):
        return _leave(plan, found, f"it is on its way to config {pending}, and that is not for this execution to stop")
    assert found.endpoint is not None
    reached = pending or found.endpoint["EndpointConfigName"]
    return _after((_wait_for_service(plan),), _from(plan, found, reached))


def _from(plan: Json, found: Survey, serving: str) -> Way:
    """From an endpoint at rest: back to the previous config if ours serves, and then the scaling."""
    previous, config_name = plan.get("previous"), plan["endpointConfig"]["name"]
    if previous and endpoints.same_name(serving, previous["endpointConfigName"]):
        return _restore(plan, found, found.registered, weights.live(found.endpoint or {}))
    is_ours = endpoints.same_name(serving, config_name)
    if is_ours and previous:
        return _go_back(plan, found, previous)
    if is_ours and plan["action"] in ("none", "join"):
        restored = scaling.restoring(*_scaling(plan), found.registered)
        return _after(restored, _remove(plan, found, in_use=True))
    return _leave(plan, found, f"somebody else updated it to config {serving}" if previous else None)


def _go_back(plan: Json, found: Survey, previous: Json) -> Way:
    blocking = scaling.blocking(found.config, found.previous_config, found.registered)
    update: tuple[Step, ...] = (
        *scaling.deregistering(blocking),
        steps.update_endpoint(previous["updateRequest"]),
        _wait_for_service(plan),
    )
    obstacle = None
    if found.previous_config is None:
        obstacle = (
            f"config {previous['endpointConfigName']}, which served before, does not exist any more: somebody deleted "
            f"it; so config {plan['endpointConfig']['name']} serves on, and the commands are for when a config of that "
            "name has been made again"
        )
    registered = scaling.without(found.registered, blocking)
    return _after(update, _restore(plan, found, registered, _weights_of(found.previous_config)), obstacle)


def _make_anew(plan: Json, found: Survey, status: str) -> Way:
    """Only a person may decide to delete an endpoint that this execution did not make."""
    name, previous = plan["endpointName"], plan.get("previous")
    if not previous:
        return _leave(plan, found, f"it is {status}, and this execution did not update it")
    obstacle = f"endpoint {name} is {status}: {LOST[status]}"
    if found.previous_config is None:
        obstacle += f"; config {previous['endpointConfigName']}, which somebody deleted, has to be made again before"
    anew = (
        steps.delete_endpoint(name),
        _wait_for_deletion(plan),
        steps.create_endpoint(name, previous["endpointConfigName"]),
        _wait_for_service(plan),
    )
    return _after(anew, _restore(plan, found, nothing_registered(), _weights_of(found.previous_config)), obstacle)


def _restore(plan: Json, found: Survey, registered: Json, live: weights.Weights) -> Way:
    """The previous config serves: its weights and its scaling, and then away with what nothing uses.

    Parameters
    ----------
    live : dict of str to float
        The weights of the variants when the previous config serves.
    """
    before = plan["previous"].get("weights", {})
    shift: tuple[Step, ...] = ()
    if weights.differ(before, live):
        shift = (steps.shift_traffic(plan["endpointName"], before), _wait_for_service(plan))
    return _after((*shift, *scaling.restoring(*_scaling(plan), registered)), _remove(plan, found))


def _weights_of(config: Json | None) -> dict[str, float]:
    return weights.asked(config["ProductionVariants"]) if config else {}


def _leave(plan: Json, found: Survey, reason: str | None) -> Way:
    """The endpoint is not, or not any more, this execution's; what it cannot be using goes all the same."""
    assert found.endpoint is not None
    at_rest = found.endpoint["EndpointStatus"] == endpoints.IN_SERVICE and not endpoints.pending_config(found.endpoint)
    in_use = not at_rest or endpoints.same_name(found.endpoint["EndpointConfigName"], plan["endpointConfig"]["name"])
    way = _remove(plan, found, in_use=in_use)
    left = {f"endpoint {plan['endpointName']}": reason} if reason else {}
    if scaling.restoring(*_scaling(plan), found.registered):
        left[f"scaling of endpoint {plan['endpointName']}"] = "it belongs to what serves now"
    return Way(way.steps, left | way.keep)


def _remove(plan: Json, found: Survey, *, in_use: bool = False) -> Way:
    """The alarms go back, then the config goes, and then the model: what this execution made, and nobody uses."""
    name = plan["endpointConfig"]["name"]
    user = f"endpoint {plan['endpointName']}" if in_use else found.users.get(CONFIG)
    removals, keep = [], {}
    if CONFIG in found.ours and user:
        keep[f"{CONFIG} {name}"] = f"{user} may use it"
    elif CONFIG in found.ours:
        removals.append(steps.delete_config(name))
    if MODEL in found.ours:
        model = plan["model"]["name"]
        if found.config is not None and not removals:
            keep[f"{MODEL} {model}"] = "the endpoint config uses it"
        elif MODEL in found.users:
            keep[f"{MODEL} {model}"] = f"{found.users[MODEL]} uses it"
        else:
            removals.append(steps.delete_model(model))
    return Way((*alarms.restoring(plan, found.alarms), *removals), keep)


def _after(first: Iterable[Step], way: Way, obstacle: str | None = None) -> Way:
    """The same way with these steps before it; an obstacle behind a wait is met when it is there."""
    return Way((*first, *way.steps), way.keep, obstacle)


def _scaling(plan: Json) -> tuple[Json | None, Json]:
    """What the scaling was, if the plan knows, and what it was to be."""
    wanted = plan.get("scaling") or {}
    return wanted.get("snapshot"), wanted


def _wait_for_service(plan: Json) -> Wait:
    return Wait("endpoint-in-service", plan["endpointName"], CHANGING_WAIT_SECONDS)


def _wait_for_deletion(plan: Json) -> Wait:
    return Wait("endpoint-deleted", plan["endpointName"], DELETING_WAIT_SECONDS)
