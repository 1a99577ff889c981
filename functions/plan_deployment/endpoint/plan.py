"""The steps that create the config and change the endpoint, each with its undo."""

from plan_deployment.endpoint.capacity import Retention
from plan_deployment.guardrails.plan import GuardrailPlan
from plan_deployment.situation import Situation
from shared import weights
from shared.aws import Json
from shared.endpoints import CONTENT_TAG, ENDPOINT_TAG
from shared.plan import Guardrails, Step
from shared.planning import calls


def config_steps(situation: Situation, tags: list[Json]) -> list[Step]:
    """Return the step that creates the config; none if it exists."""
    content, name = situation.content, situation.config_name
    if content.described(name) is not None:
        return []
    of_config = [{"Key": ENDPOINT_TAG, "Value": content.endpoint_name}, {"Key": CONTENT_TAG, "Value": content.hash}]
    request = {"EndpointConfigName": name} | content.config | {"Tags": [*tags, *of_config]}
    return [calls.step("create", calls.create_config(request), [calls.delete_config(name)])]


def replacement_steps(situation: Situation) -> list[Step]:
    """Return the step that deletes an endpoint whose creation failed."""
    if situation.failed is None:
        return []
    call = calls.delete_endpoint(situation.failed["EndpointName"], "which is Failed")
    return [calls.step("prepare", call)]


def endpoint_steps(situation: Situation, retention: Retention, guarded: GuardrailPlan, tags: list[Json]) -> list[Step]:
    """Return the step that changes the endpoint; none if it runs the requested config, or is changing to it."""
    name, config = situation.endpoint_name, situation.config_name
    if situation.action == "create":
        creation = calls.create_endpoint({"EndpointName": name, "EndpointConfigName": config, "Tags": tags})
        return [calls.step("change", creation, [calls.delete_endpoint(name)])]
    if situation.changed is None:
        return []
    previous, before = situation.changed["EndpointConfigName"], weights.live(situation.changed)
    restored_weights = [calls.set_weights(name, before)] if before else []
    if situation.action == "shift":
        return [calls.step("change", calls.set_weights(name, situation.content.weights, before), restored_weights)]
    what = f"endpoint {name} from config {previous} to {config}{_spoken(guarded.guardrails)}"
    update = calls.update_endpoint(retention.update_request(name, config) | guarded.update_members, what)
    restored_config = calls.update_endpoint(retention.update_request(name, previous))
    return [calls.step("change", update, [restored_config, *restored_weights])]


def _spoken(guardrails: Guardrails | None) -> str:
    return f", {guardrails['strategy']}, waiting {guardrails['waitSeconds']} s" if guardrails else ""
