"""What serves now: the first question of whoever reads that a deployment failed."""

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared import endpoints
from shared.aws import Client, Json

LEGAL_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def legal_endpoint_name(request: Any) -> str | None:
    """The endpoint of a request that may be anything at all; None when it names none that could exist."""
    name = request.get("endpointName") if isinstance(request, dict) else None
    return name if isinstance(name, str) and LEGAL_NAME.fullmatch(name) else None


def what_serves(sagemaker: Client, endpoint_name: str | None) -> str:
    """A sentence or two; that it could not be found out is said, too, for a failure must be told whatever happens."""
    if endpoint_name is None:
        return "The request names no endpoint."
    try:
        endpoint = endpoints.describe_endpoint(sagemaker, endpoint_name)
    except (BotoCoreError, ClientError) as error:
        return f"It could not be found out what endpoint {endpoint_name} serves: {error}"
    if endpoint is None:
        return f"There is no endpoint {endpoint_name}."
    return _sentence(endpoint)


def _sentence(endpoint: Json) -> str:
    status, name = endpoint["EndpointStatus"], endpoint["EndpointName"]
    serves = status not in ("Creating", "Deleting", "Failed", "OutOfService")
    said = f"Endpoint {name} is {status}"
    if not serves:
        return f"{said}; it serves nobody."
    pending = endpoints.pending_config(endpoint)
    if pending:
        said += f", on its way to config {pending}"
    variants = ", ".join(map(_variant, endpoint.get("ProductionVariants", [])))
    return f"{said}; config {endpoint['EndpointConfigName']} serves ({variants})." if variants else f"{said}."


def _variant(variant: Json) -> str:
    count = variant.get("CurrentInstanceCount")
    if count is None:
        return f"{variant['VariantName']}: serverless"
    return f"{variant['VariantName']}: {count} {'instance' if count == 1 else 'instances'}"
