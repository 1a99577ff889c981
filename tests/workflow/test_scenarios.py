"""What holds in every scenario: native calls match the services' models, privileges are least."""

import fnmatch
import json
from collections import defaultdict
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from local_aws import until
from tests.support import project
from tests.support.deployment import OWNER, Run, Slipway
from tests.support.scenarios import run_all
from tests.support.scenarios.catalogue import request
from tests.support.verdicts import denied
from tools import stack

SESSION = botocore.session.get_session()
SERVICES = {"aws-sdk:sagemaker": "sagemaker", "dynamodb": "dynamodb"}

# Granted and needed on AWS, but not used here, with the reason.
NOT_SEEN_HERE = {
    "xray:PutTelemetryRecords": "the X-Ray daemon reports on itself every minute",
    "xray:GetSamplingRules": "Step Functions fetches the rules every minute",
    "xray:GetSamplingTargets": "Step Functions fetches the targets every minute",
    "logs:UpdateLogDelivery": "when the logging configuration changes",
    "logs:DeleteLogDelivery": "when logging is switched off",
    "cloudwatch:DeleteAlarms": "Application Auto Scaling asks for it when a policy is replaced or deleted",
    "sqs:SendMessage": "when reporting the end of an execution failed three times",
    "iam:CreateServiceLinkedRole": "only at the first registration in an account",
}


# Granted to every function's role by SAM with AWSLambdaBasicExecutionRole and AWSXrayWriteOnlyAccess.
BY_AWS_POLICIES = {
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


@pytest.fixture(scope="module")
def runs(recovering: Slipway) -> dict[str, Run]:
    return run_all(recovering) | {"stopped": stopped(recovering)}


def stopped(slipway: Slipway) -> Run:
    """Stop an execution that waits for its endpoint, which is recovered, and one that waits for the first one's lock."""
    wanted = request("stopped", whenBusy="WAIT")
    stack.make_models(slipway.aws, wanted)
    with slipway.recorded() as finish:
        with slipway.real_time():
            deploys = slipway.start(wanted)
            until(lambda: slipway.entered(deploys, "Check endpoint"))
            waits = slipway.start(wanted)
            until(lambda: slipway.entered(waits, "Wait for turn"))
            for arn in (waits, deploys):
                slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        until(lambda: slipway.messages_of(waits) and slipway.messages_of(deploys))
        run: Run = finish(deploys)
    return run


@pytest.fixture(scope="module")
def calls(recovering: Slipway, runs: dict[str, Run]) -> list[dict[str, Any]]:
    """Every call of the application's own deployment and of every scenario."""
    return [*recovering.calls_of_its_deployment, *(call for run in runs.values() for call in run.calls + run.derived)]


@pytest.fixture(scope="module")
def used(calls: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Allowed and denied actions of each role."""
    actions: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if ":assumed-role/" in call["principal"]:
            actions[call["principal"].split("/")[1]].add(call["action"])
    return actions


def native_calls(run: Run) -> list[tuple[str, str, dict[str, Any]]]:
    """Service, operation and evaluated Arguments of each native call of a state, in order, including retries."""
    scheduled = [
        event["taskScheduledEventDetails"]
        for event in run.events
        if event["type"] == "TaskScheduled" and event["taskScheduledEventDetails"]["resourceType"] != "lambda"
    ]
    return [
        (
            SERVICES[each["resourceType"]],
            each["resource"][0].upper() + each["resource"][1:],
            json.loads(each["parameters"]),
        )
        for each in scheduled
    ]


def faults(service: str, operation: str, arguments: dict[str, Any]) -> str:
    """Faults found by botocore's validation; Step Functions spells the members of all services in PascalCase."""
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    own = {name[0].upper() + name[1:]: name for name in shape.members}
    request = {own.get(name, name): value for name, value in arguments.items()}
    return str(ParamValidator().validate(request, shape).generate_report())


def test_every_native_call_is_valid_in_every_scenario(runs: dict[str, Run]) -> None:
    invalid = {
        (name, operation): report
        for name, run in runs.items()
        for service, operation, arguments in native_calls(run)
        if (report := faults(service, operation, arguments))
    }

    assert invalid == {}


def test_the_scenarios_make_every_native_call_of_the_state_machines(runs: dict[str, Run]) -> None:
    made = {operation for run in runs.values() for _, operation, _ in native_calls(run)}

    assert made == {
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
        "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateItem",
    }


def test_sagemaker_receives_what_the_state_machine_evaluated(runs: dict[str, Run]) -> None:
    for run in runs.values():
        arrived = [
            [call["operation"], call["parameters"]]
            for call in run.calls
            if call["service"] == "sagemaker" and not call["derived"] and "DeployEndpointRole" in call["principal"]
        ]

        # Models are created at the same time, in any order.
        sent = [each for service, *each in native_calls(run) if service == "sagemaker"]
        assert sorted(arrived, key=str) == sorted(sent, key=str)


def test_a_package_of_another_account_becomes_a_model_if_both_accounts_allow_it(runs: dict[str, Run]) -> None:
    run = runs["approved_in_another_account"]
    packages = [call["resource"] for call in run.derived if ":model-package/" in call["resource"]]

    assert run.status == "SUCCEEDED", run.cause
    assert f"arn:aws:sagemaker:eu-west-1:{OWNER}:model-package/scenario-approved-in-another-account/1" in packages


def test_the_validation_finds_a_misspelt_or_missing_member() -> None:
    report = faults("sagemaker", "CreateEndpoint", {"EndpointName": "a", "EndpointConfig": "b"})

    assert 'Missing required parameter in input: "EndpointConfigName"' in report
    assert 'Unknown parameter in input: "EndpointConfig"' in report


def granted(role: str) -> set[str]:
    """Actions that the template grants to the role with this logical ID."""
    resources = project.transformed()["Resources"]
    properties = resources[role]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [
        resource["Properties"]["PolicyDocument"]
        for name, resource in resources.items()
        if (resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"])
        or {"Ref": name} in properties.get("ManagedPolicyArns", [])
    ]
    statements: list[dict[str, Any]] = [
        statement.get("Fn::If", [None, statement])[1] for document in documents for statement in document["Statement"]
    ]
    actions = [statement["Action"] for statement in statements]
    return {action for each in actions for action in ([each] if isinstance(each, str) else each)}


# The role of models is used by SageMaker, not by Slipway.
ROLES = sorted(
    name
    for name, resource in project.transformed()["Resources"].items()
    if resource["Type"] == "AWS::IAM::Role" and name != "ModelExecutionRole"
)


def test_nothing_is_denied(calls: list[dict[str, Any]]) -> None:
    assert denied(calls) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_grant_is_used(role: str, used: dict[str, set[str]]) -> None:
    name = next((each for each in used if role in each), role)

    assert granted(role) - used.get(name, set()) - set(NOT_SEEN_HERE) == set()


@pytest.mark.parametrize("role", ROLES)
def test_every_use_is_granted_by_name(role: str, used: dict[str, set[str]]) -> None:
    name = next((each for each in used if role in each), role)
    by_key_policy = {"kms:GenerateDataKey", "kms:Decrypt"}  # the topics' key names its users itself

    beyond = {
        action
        for action in used.get(name, set()) - by_key_policy - BY_AWS_POLICIES
        if not any(fnmatch.fnmatch(action, pattern) for pattern in granted(role))
    }

    assert beyond == set()
