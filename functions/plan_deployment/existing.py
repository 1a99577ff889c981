"""What exists already, and what it lets a deployment do."""

from collections.abc import Iterable
from typing import Literal

from plan_deployment.running import Content
from shared import endpoints, weights
from shared.aws import Client, Json
from shared.errors import EndpointNotUpdatable, ModelNotFound

Action = Literal["create", "update", "shift", "none", "join", "wait"]

# What frees an endpoint from a status in which SageMaker takes no update (SageMaker API reference, DescribeEndpoint).
WAY_OUT = {
    "OutOfService": (
        "Find out why it is out of service, or delete it: aws sagemaker delete-endpoint --endpoint-name {name}"
    ),
    "UpdateRollbackFailed": (
        "It may serve a mix of two configs. Contact AWS Support, or, if traffic can do without it, delete it: "
        "aws sagemaker delete-endpoint --endpoint-name {name}"
    ),
}


def require_models(sagemaker: Client, names: Iterable[str]) -> dict[str, Json]:
    """DescribeModel's answers, by the model's name.

    Raises
    ------
    ModelNotFound
        When one or more do not exist; the message names all of them.
    """
    found = {name: endpoints.describe_model(sagemaker, name) for name in names}
    missing = [name for name, model in found.items() if model is None]
    if missing:
        raise ModelNotFound(
            f"Could not find {'model' if len(missing) == 1 else 'models'} {', '.join(missing)} in this account and "
            "Region."
        )
    return {name: model for name, model in found.items() if model is not None}


def action_for(endpoint: Json | None, content: Content) -> Action:
    """What a deployment has to do.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.

    Returns
    -------
    Action
        "create" where there is no endpoint, or one whose creation failed; "update"; "shift" when only the weights of
        its variants are not as asked; "none" when it runs what is asked for; "join" when it is on its way there,
        because an execution of the same request was stopped; "wait" when it is on its way somewhere else.

    Raises
    ------
    EndpointNotUpdatable
        When SageMaker takes no update in the endpoint's status.
    """
    if endpoint is None or has_failed(endpoint):
        return "create"
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    pending = endpoints.pending_config(endpoint)
    if status in WAY_OUT:
        reason = f" ({endpoint['FailureReason']})" if endpoint.get("FailureReason") else ""
        raise EndpointNotUpdatable(f"Endpoint {name} is {status}{reason}. {WAY_OUT[status].format(name=name)}")
    if status != endpoints.IN_SERVICE or pending:
        return "join" if _is_on_its_way(endpoint, pending, content) else "wait"
    if content.is_forced or not content.runs_on(endpoint):
        return "update"
    return "shift" if weights.differ(content.weights, weights.live(endpoint)) else "none"


def _is_on_its_way(endpoint: Json, pending: str | None, content: Content) -> bool:
    """Whether the endpoint will run what is asked for; a count or a weight that changes leaves its config."""
    if content.is_forced or endpoint["EndpointStatus"] not in ("Creating", "Updating"):
        return False
    return content.is_content_of(pending) if pending else content.runs_on(endpoint)


def has_failed(endpoint: Json) -> bool:
    """Whether nobody is served and SageMaker takes nothing but a deletion (API reference, DescribeEndpoint)."""
    return bool(endpoint["EndpointStatus"] == "Failed")


def is_serverless(endpoint: Json) -> bool:
    """Whether the endpoint serves from no instances of its own."""
    return any("CurrentServerlessConfig" in variant for variant in endpoint.get("ProductionVariants", []))


def refuse_change_to_serverless(endpoint: Json) -> None:
    """See that an update to serverless meets no endpoint on instances.

    Raises
    ------
    EndpointNotUpdatable
        When it does: SageMaker refuses that, and allows the other way (SageMaker developer guide, serverless
        endpoints).
    """
    if not is_serverless(endpoint):
        name = endpoint["EndpointName"]
        raise EndpointNotUpdatable(
            f"Endpoint {name} runs on instances, and SageMaker cannot make it serverless. Deploy under another name, "
            f"or delete it first: aws sagemaker delete-endpoint --endpoint-name {name}"
        )
