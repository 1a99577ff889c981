"""The report of a rollback that stopped: the current state, and the commands that finish the rollback."""

from collections.abc import Iterator

from roll_back.component_survey import COMPONENT, NAME
from roll_back.steps import Rollback
from roll_back.survey import CONFIG, ENDPOINT, Survey, created_models, model_key
from roll_back.undo import CLOUDWATCH, key_of, undo_calls
from shared import components, endpoints
from shared.live_config import MIX, MIX_IS_LIVE
from shared.notification import shortened
from shared.plan import DeploymentPlan

# Step Functions takes 32,768 of a cause (API reference, TaskFailedEventDetails): JSON that includes the stack trace.
CHARACTERS = 24_000


def report(why: str, plan: DeploymentPlan, found: Survey, rollback: Rollback) -> str:
    """Say why the rollback stopped, what exists, and which commands do the rest.

    Parameters
    ----------
    why : str
        Why it stopped; a sentence without its full stop.
    rollback : Rollback
        What is left to do.
    """
    sentences = [f"The rollback stopped: {why}.", _endpoint(plan, found), *_components(found)]
    created = created_here(plan, found)
    restored, removed = rollback.left("restored"), rollback.left("removed")
    sentences.append(f"Created by this execution, and still exists: {', '.join(created)}." if created else "")
    sentences.append(f"To be restored: {', '.join(restored)}." if restored else "")
    sentences.append(f"To be removed: {', '.join(removed)}." if removed else "")
    sentences.extend(f"Kept: {what}: {reason}." for what, reason in rollback.keep.items())
    if rollback.commands:
        sentences += ["Commands that complete the rollback, in this order:", *rollback.commands]
    return shortened("\n".join(sentence for sentence in sentences if sentence), CHARACTERS)


def commands_of(rollback: Rollback) -> list[str]:
    """Commands of the whole rollback, as many as the next state can be given; the last line says if there are more."""
    return shortened("\n".join(rollback.commands), CHARACTERS).splitlines()


def created_here(plan: DeploymentPlan, found: Survey) -> list[str]:
    """Existing resources that this execution created, proved by tags; for alarms, by their absence before."""
    names = {ENDPOINT: plan["endpointName"], CONFIG: plan["endpointConfigName"]}
    tagged = [f"{kind} {name}" for kind, name in names.items() if kind in found.ours]
    tagged += [f"{COMPONENT} {each[NAME]}" for each in found.components.created]
    tagged += [model for model in map(model_key, created_models(plan)) if model in found.ours]
    deleted = [
        call["request"]["AlarmNames"] for call in undo_calls(plan, CLOUDWATCH) if "AlarmNames" in call["request"]
    ]
    alarms = [name for names in deleted for name in names]
    return tagged + [
        f"alarm {name}" for name in alarms if key_of("PutMetricAlarm", {"AlarmName": name}) in found.alarms
    ]


def _components(found: Survey) -> Iterator[str]:
    """Yield the states of the components that do not serve."""
    for each in found.components.by_name.values():
        status, reason = each["InferenceComponentStatus"], each.get("FailureReason")
        if status != components.IN_SERVICE:
            yield f"Inference component {each[NAME]} is {status}{f': {reason}' if reason else '.'}"


def _endpoint(plan: DeploymentPlan, found: Survey) -> str:
    if found.endpoint is None:
        return f"There is no endpoint {plan['endpointName']}."
    endpoint, pending = found.endpoint, endpoints.pending_config(found.endpoint)
    state = f"Endpoint {plan['endpointName']} is {endpoint['EndpointStatus']}"
    if endpoint["EndpointStatus"] == MIX:
        return f"{state}: {MIX_IS_LIVE}."
    state += f" on config {endpoint['EndpointConfigName']}"
    if pending is None:
        return f"{state}."
    is_ours = endpoints.same_name(pending, plan["endpointConfigName"])
    caution = " If SageMaker rolls it back, skip update-endpoint." if is_ours and plan["previous"] else ""
    return f"{state}, changing to config {pending}; SageMaker cannot stop that.{caution}"
