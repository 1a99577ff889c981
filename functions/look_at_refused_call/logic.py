"""Whether a call that SageMaker refused was carried out before.

The answer to a call can be lost. The next try then meets what the first one made, and SageMaker refuses it ("Cannot
create already existing", "Cannot update in-progress"). What this execution made itself is no reason to roll back.
"""

from collections.abc import Callable

from shared import endpoints, weights
from shared.aws import Client, Json


def look(operation: str, plan: Json, sagemaker: Client) -> Json:
    """Return ``carriedOut``: whether what the call asks for is there, made by the plan's own execution."""
    return {"carriedOut": LOOKS[operation](plan, sagemaker)}


def _model(plan: Json, sagemaker: Client) -> bool:
    return _is_own(endpoints.describe_model(sagemaker, plan["model"]["name"]), "ModelArn", plan, sagemaker)


def _config(plan: Json, sagemaker: Client) -> bool:
    found = endpoints.describe_config(sagemaker, plan["endpointConfig"]["name"])
    return _is_own(found, "EndpointConfigArn", plan, sagemaker)


def _endpoint(plan: Json, sagemaker: Client) -> bool:
    return _is_own(endpoints.describe_endpoint(sagemaker, plan["endpointName"]), "EndpointArn", plan, sagemaker)


def _is_own(found: Json | None, arn: str, plan: Json, sagemaker: Client) -> bool:
    """Whether the thing is there and carries this execution's tag; `arn` is the member that names it."""
    return found is not None and endpoints.is_made_by(sagemaker, found[arn], plan["executionArn"])


def _update(plan: Json, sagemaker: Client) -> bool:
    """An update leaves no tag, but it leads to the plan's config, whose name carries a hash of its content."""
    found = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    if found is None:
        return False
    target = endpoints.pending_config(found) or found["EndpointConfigName"]
    return endpoints.same_name(target, plan["endpointConfig"]["name"])


def _weights(plan: Json, sagemaker: Client) -> bool:
    """New weights leave no tag either, but they are the desired ones from the call on, in effect or not."""
    found = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    if found is None or endpoints.pending_config(found):
        return False
    return not weights.differ(plan["weights"], weights.desired(found))


LOOKS: dict[str, Callable[[Json, Client], bool]] = {
    "CreateModel": _model,
    "CreateEndpointConfig": _config,
    "CreateEndpoint": _endpoint,
    "UpdateEndpoint": _update,
    "UpdateEndpointWeightsAndCapacities": _weights,
}
