"""An application, deployed by the real `sam` and `aws`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local_aws import LocalAws
from support import sam
from support.stacks import StackOf

APPS = Path(__file__).parent / "apps"
ORDERS = APPS / "orders"


@pytest.fixture(scope="module")
def currency(local_aws: LocalAws) -> None:
    """The parameter that the application reads."""
    local_aws.client("ssm").put_parameter(Name="/orders/currency", Type="String", Value="EUR")


@pytest.fixture(scope="module")
def created(local_aws: LocalAws, currency: None) -> subprocess.CompletedProcess[str]:
    """The output of the first `sam deploy`."""
    return sam.deploy(local_aws, ORDERS, "orders", "--tags", "team=shop")


@pytest.fixture
def orders(local_aws: LocalAws, created: subprocess.CompletedProcess[str]) -> StackOf:
    assert created.returncode == 0, created.stdout + created.stderr
    return StackOf(local_aws, "orders")


def test_sam_deploys_an_application(local_aws: LocalAws, orders: StackOf, created) -> None:
    assert "Successfully created/updated stack - orders" in created.stdout
    assert "CREATE_COMPLETE" in created.stdout
    assert orders.status == "CREATE_COMPLETE"
    api = local_aws.client("lambda")
    configuration = api.get_function(FunctionName=orders["PriceOrderFunction"])["Configuration"]
    assert configuration["Environment"]["Variables"] == {"STAGE": "dev", "CURRENCY": "EUR"}
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    tags = api.list_tags(Resource=configuration["FunctionArn"])["Tags"]
    assert (tags["team"], tags["lambda:createdBy"]) == ("shop", "SAM")


def test_sam_finds_nothing_to_deploy(local_aws: LocalAws, orders: StackOf) -> None:
    again = sam.deploy(local_aws, ORDERS, "orders", "--tags", "team=shop")

    assert again.returncode == 0, again.stdout + again.stderr
    assert "No changes to deploy. Stack orders is up to date" in again.stdout + again.stderr
    assert orders.status == "CREATE_COMPLETE"


def test_a_failed_update_fails_sam_and_restores_the_old_application(
    local_aws: LocalAws, orders: StackOf, tmp_path: Path
) -> None:
    template = (ORDERS / "template.yaml").read_text()
    for name in ("functions", "statemachine"):
        (tmp_path / name).symlink_to(ORDERS / name)
    bad = "\n  Bad: {Type: AWS::SSM::Parameter, DependsOn: OrderStateMachine, Properties: {Name: aws-x, Type: String, Value: x}}"
    (tmp_path / "template.yaml").write_text(
        template.replace("Timeout: 10", "Timeout: 20").replace("\nOutputs:", f"{bad}\nOutputs:")
    )

    failed = sam.deploy(local_aws, tmp_path, "orders", "--tags", "team=shop")

    assert failed.returncode == 1
    assert "UPDATE_ROLLBACK_COMPLETE" in failed.stderr
    assert "UPDATE_FAILED" not in orders.story, "what was changed goes back"
    assert orders.status == "UPDATE_ROLLBACK_COMPLETE"
    configuration = local_aws.client("lambda").get_function_configuration(FunctionName=orders["PriceOrderFunction"])
    assert configuration["Timeout"] == 10


@pytest.fixture
def aws_cli() -> str:
    """The AWS CLI on PATH: half as large as all other tools, so that only CI needs it."""
    found = shutil.which("aws")
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("aws is not on PATH")
    assert found, "aws is not on PATH"
    return found


def test_aws_cloudformation_deploy_changes_a_parameter(local_aws: LocalAws, tmp_path: Path, aws_cli: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Parameters: {P: {Type: String}}\nResources: {S: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}}"
    )
    command = [aws_cli, "cloudformation", "deploy", "--stack-name", "by-aws-cli"]

    deployed = subprocess.run(
        [*command, "--template-file", str(path), "--parameter-overrides", "P=one"],
        env=local_aws.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert deployed.returncode == 0, deployed.stderr
    assert "Successfully created/updated stack - by-aws-cli" in deployed.stdout
    assert StackOf(local_aws, "by-aws-cli").status == "CREATE_COMPLETE"


def test_sam_deletes_the_application(local_aws: LocalAws, orders: StackOf) -> None:
    stack_id, function = orders.described["StackId"], orders["PriceOrderFunction"]

    deleted = sam.sam(local_aws, ORDERS, "delete", "--stack-name", "orders", "--no-prompts")

    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    assert StackOf(local_aws, stack_id).status == "DELETE_COMPLETE"
    functions = [each["FunctionName"] for each in local_aws.client("lambda").list_functions()["Functions"]]
    assert function not in functions


def test_an_application_is_nested_in_another(local_aws: LocalAws, currency: None) -> None:
    shop = StackOf(local_aws, "shop")

    deployed = sam.deploy(local_aws, APPS / "shop", "shop")

    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert ":stateMachine:shop-Orders-" in shop.outputs["OrderStateMachineArn"]
    nested = StackOf(local_aws, shop["Orders"])
    environment = local_aws.client("lambda").get_function_configuration(FunctionName=nested["CheckStockFunction"])
    assert environment["Environment"]["Variables"]["STAGE"] == "shop"
    subscriptions = local_aws.client("sns").list_subscriptions_by_topic(TopicArn=nested["OrdersTopic"])["Subscriptions"]
    assert sorted(each["Protocol"] for each in subscriptions) == ["lambda", "sqs"]
    assert shop.delete() == "DELETE_COMPLETE"
    assert nested.status == "DELETE_COMPLETE"
