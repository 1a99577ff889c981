"""The commands with which a person sees what a deployment left, when nothing else could look."""

from shared.aws import Json
from shared.endpoints import EXECUTION_TAG
from shared.tags import execution_value


def looking_commands(plan: Json) -> list[str]:
    """What to type, in this order: it only looks, for without a look nobody knows what may be removed."""
    filters = f"Key={EXECUTION_TAG},Values={execution_value(plan['executionArn'])}"
    return [
        f"aws sagemaker describe-endpoint --endpoint-name {plan['endpointName']}",
        f"aws resourcegroupstaggingapi get-resources --tag-filters {filters}",
    ]
