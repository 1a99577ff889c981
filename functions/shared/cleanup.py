"""The commands with which a person sees what a deployment left, when nothing else could look."""

from shared.aws import Json
from shared.endpoints import EXECUTION_TAG


def looking_commands(plan: Json) -> list[str]:
    """What to type, in this order: it only looks, for without a look nobody knows what may be removed."""
    return [
        f"aws sagemaker describe-endpoint --endpoint-name {plan['endpointName']}",
        f"aws resourcegroupstaggingapi get-resources --tag-filters Key={EXECUTION_TAG},Values={plan['executionArn']}",
    ]
