import pytest

from shared.arns import endpoint_arn
from shared.console import endpoint_link, execution_link

PARTITIONS = {
    "arn:aws:states:eu-west-1:1:execution:m:x": "https://eu-west-1.console.aws.amazon.com/",
    "arn:aws-cn:states:cn-north-1:1:execution:m:x": "https://cn-north-1.console.amazonaws.cn/",
    "arn:aws-us-gov:states:us-gov-west-1:1:execution:m:x": "https://console.amazonaws-us-gov.com/",
}


@pytest.mark.parametrize("arn", sorted(PARTITIONS))
def test_links_lead_to_the_console_of_the_partition(arn: str) -> None:
    region = arn.split(":")[3]

    assert execution_link(arn) == f"{PARTITIONS[arn]}states/home?region={region}#/v2/executions/details/{arn}"
    assert endpoint_link(arn, "e") == f"{PARTITIONS[arn]}sagemaker/home?region={region}#/endpoints/e"


def test_a_partition_without_public_console_has_no_links() -> None:
    assert execution_link("arn:aws-iso:states:us-iso-east-1:1:execution:m:x") is None


def test_sagemaker_writes_names_in_arns_in_lower_case() -> None:
    arn = endpoint_arn("arn:aws-cn:states:cn-north-1:123456789012:execution:m:x", "Test-Endpoint")

    assert arn == "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/test-endpoint"
