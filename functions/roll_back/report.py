"""Says how things are when the way back cannot be gone to its end, and what finishes it."""

from roll_back import alarms
from roll_back.steps import Way
from roll_back.survey import CONFIG, ENDPOINT, MODEL, Survey
from shared import endpoints
from shared.aws import Json
from shared.serving import MIX, MIX_IS_LIVE


def told(why: str, plan: Json, found: Survey, way: Way) -> str:
    """Why it stopped, what state everything is in, and the commands for the rest.

    Parameters
    ----------
    why : str
        Why the way back stopped; no sentence.
    way : Way
        What is left to do.
    """
    sentences = [f"The way back stopped: {why}.", _endpoint(plan, found)]
    made = owned(plan, found)
    sentences.append(f"Of what this execution made there still is: {', '.join(made)}." if made else "")
    restored, removed = way.left("restored"), way.left("removed")
    sentences.append(f"To be restored: {', '.join(restored)}." if restored else "")
    sentences.append(f"To be removed: {', '.join(removed)}." if removed else "")
    sentences.extend(f"Kept: {what}: {reason}." for what, reason in way.keep.items())
    text = " ".join(sentence for sentence in sentences if sentence)
    return "\n".join([f"{text} In this order:", *way.commands]) if way.commands else text


def owned(plan: Json, found: Survey) -> list[str]:
    """What exists that this execution made, as the tags prove, and of alarms their absence before."""
    names = {
        ENDPOINT: plan["endpointName"],
        CONFIG: plan["endpointConfig"]["name"],
        MODEL: plan["model"]["name"] if plan["model"] else "",
    }
    tagged = [f"{kind} {name}" for kind, name in names.items() if kind in found.ours]
    return tagged + [f"alarm {name}" for name in alarms.made(plan, found.alarms)]


def _endpoint(plan: Json, found: Survey) -> str:
    if found.endpoint is None:
        return f"There is no endpoint {plan['endpointName']}."
    endpoint, pending = found.endpoint, endpoints.pending_config(found.endpoint)
    said = f"Endpoint {plan['endpointName']} is {endpoint['EndpointStatus']}"
    if endpoint["EndpointStatus"] == MIX:
        return f"{said}: {MIX_IS_LIVE}."
    said += f" on config {endpoint['EndpointConfigName']}"
    if pending is None:
        return f"{said}."
    ours = endpoints.same_name(pending, plan["endpointConfig"]["name"])
    caution = " If it goes back by itself, leave update-endpoint out." if ours and plan.get("previous") else ""
    return f"{said}, on its way to {pending}; SageMaker cannot stop that.{caution}"
