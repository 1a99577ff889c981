"""Links into the AWS console."""

from shared.arns import partition_of, region_of

# The other partitions have no console on the open internet.
DOMAINS = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "{region}.console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "{region}.console.amazonaws-eusc.eu",
}


def execution_link(execution_arn: str) -> str | None:
    """Return the link to the execution; None in a partition without console."""
    return _link(execution_arn, "states", f"/v2/executions/details/{execution_arn}")


def endpoint_link(execution_arn: str, endpoint_name: str) -> str | None:
    """Return the link to an endpoint of the execution's account and Region; None in a partition without console."""
    return _link(execution_arn, "sagemaker", f"/endpoints/{endpoint_name}")


def _link(arn: str, service: str, page: str) -> str | None:
    domain = DOMAINS.get(partition_of(arn))
    if domain is None:
        return None
    region = region_of(arn)
    return f"https://{domain.format(region=region)}/{service}/home?region={region}#{page}"
