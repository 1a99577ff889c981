"""Parts of ARNs."""


def partition_of(arn: str) -> str:
    return arn.split(":")[1]


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    return arn.split(":")[4]


def endpoint_arn(arn_of_the_account: str, endpoint_name: str) -> str:
    """ARN that an endpoint gets in the account and Region of another ARN; SageMaker writes the name in lower case."""
    partition, region, account = (of(arn_of_the_account) for of in (partition_of, region_of, account_of))
    return f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{endpoint_name.lower()}"
