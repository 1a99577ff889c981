"""The action of a deployment, from the current state of the endpoint and the request."""

from typing import Literal

from plan_deployment.endpoint.content import Content
from shared import endpoints, weights
from shared.aws import Json
from shared.errors import EndpointNotUpdatable
from shared.plan import DeploymentAction

Action = DeploymentAction | Literal["wait"]

# SageMaker accepts no update in these statuses (API reference, DescribeEndpoint).
REMEDIES = {
    "OutOfService": (
        "Find out why it is out of service, or delete it: aws sagemaker delete-endpoint --endpoint-name {name}"
    ),
    "UpdateRollbackFailed": (
        "It may serve a mix of two configs. Contact AWS Support. If traffic can do without the endpoint, delete it: "
        "aws sagemaker delete-endpoint --endpoint-name {name}"
    ),
}


def action_for(endpoint: Json | None, content: Content) -> Action:
    """Return what a deployment does with the endpoint.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.

    Returns
    -------
    Action
        "create" if there is no endpoint, or only one whose creation failed; "update" if it runs another config; "shift"
        if only its weights differ; "none" if it is as requested; "join" if it is already changing to the requested
        config, because an execution of the same request was stopped; "wait" during any other change.

    Raises
    ------
    EndpointNotUpdatable
        If SageMaker accepts no update in the current status of the endpoint.
    """
    if endpoint is None or has_failed(endpoint):
        return "create"
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    pending = endpoints.pending_config(endpoint)
    if status in REMEDIES:
        reason = f" ({endpoint['FailureReason']})" if endpoint.get("FailureReason") else ""
        raise EndpointNotUpdatable(f"Endpoint {name} is {status}{reason}. {REMEDIES[status].format(name=name)}")
    if status != endpoints.IN_SERVICE or pending:
        return "join" if _changes_to(endpoint, pending, content) else "wait"
    if content.is_forced or not content.runs_on(endpoint):
        return "update"
    return "shift" if weights.differ(content.weights, weights.live(endpoint)) else "none"


def has_failed(endpoint: Json) -> bool:
    """Whether SageMaker allows only the deletion of the endpoint (API reference, DescribeEndpoint)."""
    return bool(endpoint["EndpointStatus"] == "Failed")


def _changes_to(endpoint: Json, pending: str | None, content: Content) -> bool:
    """Whether the endpoint is changing to the requested config. A change of counts or weights keeps the config."""
    if content.is_forced or content.creates_model or endpoint["EndpointStatus"] not in ("Creating", "Updating"):
        return False
    return content.is_content_of(pending) if pending else content.runs_on(endpoint)
