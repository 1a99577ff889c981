"""What serves now: the first question of whoever reads that a deployment failed."""

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared import endpoints
from shared.aws import Client, Json
from shared.errors import ServiceUnavailable

LEGAL_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
NOT_SERVING = frozenset({"Creating", "Deleting", "Failed", "OutOfService"})
# In service with a mix of the old and the new config (SageMaker API reference, DescribeEndpoint).
MIX = "UpdateRollbackFailed"
MIX_IS_LIVE = "a mix of the old and the new config is live"
SERVES_NOBODY = "serves nobody"


def legal_endpoint_name(request: Any) -> str | None:
    """The endpoint of a request that may be anything at all; None when it names none that could exist."""
    name = request.get("endpointName") if isinstance(request, dict) else None
    return name if isinstance(name, str) and LEGAL_NAME.fullmatch(name) else None


@dataclass(frozen=True)
class Serving:
    """What is live after a failure.

    Attributes
    ----------
    sentence : str
        For the message.
    traffic : str
        Whether traffic is affected, in a few words for the subject.
    """

    sentence: str
    traffic: str


def what_serves(sagemaker: Client, endpoint_name: str | None, plan: Json | None) -> Serving:
    """What is live now, as SageMaker says; unknown where SageMaker cannot be asked, for every failure is reported.

    Parameters
    ----------
    plan : Json or None
        The plan that failed; None when there is none.
    """
    if endpoint_name is None:
        return Serving("The request names no endpoint.", "the request names no endpoint")
    try:
        endpoint = endpoints.describe_endpoint(sagemaker, endpoint_name)
    except (BotoCoreError, ClientError, ServiceUnavailable) as error:
        return Serving(
            f"It could not be found out what endpoint {endpoint_name} serves: {error}", "live config unknown"
        )
    if endpoint is None:
        # Otherwise nothing says that there was an endpoint before.
        was_live = plan is not None and plan["action"] not in ("create", "wait")
        return Serving(f"There is no endpoint {endpoint_name}.", SERVES_NOBODY if was_live else "no endpoint exists")
    return Serving(_sentence(endpoint), _traffic(endpoint, plan or {}))


def _traffic(endpoint: Json, plan: Json) -> str:
    live = endpoint["EndpointConfigName"]
    if endpoint["EndpointStatus"] == "Creating":
        return "a creation is in progress"
    if endpoint["EndpointStatus"] in NOT_SERVING:
        return SERVES_NOBODY
    if endpoint["EndpointStatus"] == MIX:
        return MIX_IS_LIVE
    if endpoints.pending_config(endpoint):
        return "an update is in progress"
    if endpoints.same_name(live, plan.get("previousEndpointConfigName")):
        return "the previous config is live"
    if not endpoints.same_name(live, plan.get("endpointConfig", {}).get("name")):
        return "another config is live" if "endpointConfig" in plan else "the endpoint is live"
    return "the new config is live" if plan["action"] in ("create", "update") else "the live config is unchanged"


def _sentence(endpoint: Json) -> str:
    status, name, config = endpoint["EndpointStatus"], endpoint["EndpointName"], endpoint["EndpointConfigName"]
    said = f"Endpoint {name} is {status}"
    if status in NOT_SERVING:
        return f"{said}; it serves nobody."
    variants = ", ".join(map(_variant, endpoint.get("ProductionVariants", [])))
    if status == MIX:
        return f"{said}: {MIX_IS_LIVE}. SageMaker names config {config} ({variants})."
    pending = endpoints.pending_config(endpoint)
    if pending:
        said += f", on its way to config {pending}"
    return f"{said}; config {config} serves ({variants})." if variants else f"{said}."


def _variant(variant: Json) -> str:
    count = variant.get("CurrentInstanceCount")
    if count is None:
        return f"{variant['VariantName']}: serverless"
    return f"{variant['VariantName']}: {count} {'instance' if count == 1 else 'instances'}"
