"""The live config after a failure: the first question of the on-call engineer."""

import re
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from shared import endpoints
from shared.aws import Client, Json
from shared.errors import ServiceUnavailable
from shared.plan import AnyPlan, DeploymentPlan

# Same pattern for endpoints and model package groups (SageMaker API reference, CreateEndpoint).
LEGAL_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
NOT_SERVING = frozenset({"Creating", "Deleting", "Failed", "OutOfService"})
# In service with a mix of the old and the new config (SageMaker API reference, DescribeEndpoint).
MIX = "UpdateRollbackFailed"
MIX_IS_LIVE = "a mix of the old and the new config is live"
SERVES_NO_TRAFFIC = "serves no traffic"
UNCHANGED = "the live config is unchanged"


@dataclass(frozen=True)
class LiveConfig:
    """The live config after a failure.

    Attributes
    ----------
    sentence : str
        For the notification.
    traffic : str
        Whether traffic is affected, in a few words for the subject.
    is_missing : bool
        Whether SageMaker says that there is no endpoint.
    """

    sentence: str
    traffic: str
    is_missing: bool = False


def legal_name(text: Any) -> str | None:
    """Return the text if it can be the name of an endpoint or of a model package group, else None."""
    return text if isinstance(text, str) and LEGAL_NAME.fullmatch(text) else None


def find(sagemaker: Client, endpoint_name: str | None, plan: AnyPlan | None) -> LiveConfig:
    """Return what SageMaker says is live; unknown if SageMaker does not answer, because every failure is reported.

    Parameters
    ----------
    plan : AnyPlan or None
        The plan that failed; None if there is none.
    """
    if endpoint_name is None:
        return LiveConfig("The request names no endpoint.", "the request names no endpoint")
    try:
        endpoint = endpoints.describe_endpoint(sagemaker, endpoint_name)
    except (BotoCoreError, ClientError, ServiceUnavailable) as error:
        return LiveConfig(f"The live config of endpoint {endpoint_name} is unknown: {error}", "live config unknown")
    if endpoint is None:
        # Only a plan that changes or removes an endpoint proves that there was one before.
        was_live = plan is not None and plan["action"] not in ("create", "wait")
        traffic = SERVES_NO_TRAFFIC if was_live else "no endpoint exists"
        return LiveConfig(f"There is no endpoint {endpoint_name}.", traffic, is_missing=True)
    return LiveConfig(_sentence(endpoint), _traffic(endpoint, plan))


def _traffic(endpoint: Json, plan: AnyPlan | None) -> str:
    if endpoint["EndpointStatus"] == "Creating":
        return "a creation is in progress"
    if endpoint["EndpointStatus"] in NOT_SERVING:
        return SERVES_NO_TRAFFIC
    if endpoint["EndpointStatus"] == MIX:
        return MIX_IS_LIVE
    if endpoints.pending_config(endpoint):
        return "an update is in progress"
    if plan is None or "endpointConfigName" not in plan:
        return "the endpoint is live"
    return _which_config(endpoint["EndpointConfigName"], cast(DeploymentPlan, plan))


def _which_config(live: str, plan: DeploymentPlan) -> str:
    if endpoints.same_name(live, plan["previousEndpointConfigName"]):
        return "the previous config is live"
    if not endpoints.same_name(live, plan["endpointConfigName"]):
        return "another config is live"
    return "the new config is live" if plan["action"] in ("create", "update") else UNCHANGED


def _sentence(endpoint: Json) -> str:
    status, name, config = endpoint["EndpointStatus"], endpoint["EndpointName"], endpoint["EndpointConfigName"]
    if status in NOT_SERVING:
        return f"Endpoint {name} is {status} and {SERVES_NO_TRAFFIC}."
    variants = ", ".join(map(_variant, endpoint.get("ProductionVariants", [])))
    live = f"{config} ({variants})" if variants else config
    if status == MIX:
        return f"Endpoint {name} is {status}: {MIX_IS_LIVE}. SageMaker names config {live}."
    pending = endpoints.pending_config(endpoint)
    if pending:
        return f"Endpoint {name} is {status} to config {pending}; config {live} is live."
    return f"Endpoint {name} is {status} on config {live}."


def _variant(variant: Json) -> str:
    count = variant.get("CurrentInstanceCount")
    if count is None:
        return f"{variant['VariantName']}: serverless"
    return f"{variant['VariantName']}: {count} {'instance' if count == 1 else 'instances'}"
