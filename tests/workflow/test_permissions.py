"""Least privilege in both directions: nothing that a deployment needs is denied, nothing is granted and unused."""

import fnmatch
import json
from collections import defaultdict
from typing import Any

import pytest

from emulator.local_aws import LocalAws
from tests.support import project, scaled_by_hand
from tests.support.deployment import Slipway
from tests.support.scaling import Others
from tools import approval, stack

# Granted, needed on AWS, and not seen here: each with its reason.
NOT_SEEN_HERE = {
    "xray:PutTelemetryRecords": "the X-Ray daemon reports on itself every minute",
    "xray:GetSamplingRules": "Step Functions fetches the rules every minute",
    "xray:GetSamplingTargets": "Step Functions fetches the targets every minute",
    "logs:UpdateLogDelivery": "when the logging configuration changes",
    "logs:DeleteLogDelivery": "when logging is switched off",
    "cloudwatch:DeleteAlarms": "Application Auto Scaling asks for it when a policy is replaced or deleted",
    "sqs:SendMessage": "when the end of an execution could not be told in three attempts",
    "iam:CreateServiceLinkedRole": "only at the first registration in an account",
}


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    """Actions that each role was let do or denied, over deployments of every kind, on an emulator of their own."""
    with LocalAws() as aws:
        stack.make_model_role(aws)
        slipway = Slipway(aws, stack.deploy(aws))
        every_kind_of_deployment(slipway)
        calls = aws.get("calls")
    denied = [call for call in calls if call["verdict"] not in ("allow", "administrator")]
    assert denied == []
    actions: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if ":assumed-role/" in call["principal"]:
            actions[call["principal"].split("/")[1]].add(call["action"])
    return actions


def every_kind_of_deployment(slipway: Slipway) -> None:
    request = project.event("deploy_endpoint")
    (variant,) = request["productionVariants"]
    newer = {**request, "productionVariants": [{**variant, "ModelName": "newer"}]}
    doomed = {**request, "endpointName": "doomed"}
    approved = project.event("model_approved")
    group = approved["detail"]["ModelPackageGroupName"]
    profile = project.event(f"profile_{group}")
    refusal = {"code": "ValidationException", "message": "no such metric", "status": 400}
    fault = {"service": "application-autoscaling", "operation": "PutScalingPolicy", "error": refusal}
    slipway.aws.post("faults", [{**fault, "match": {"ResourceId": "endpoint/unscalable/variant/AllTraffic"}}])
    unscalable = {**request, "endpointName": "unscalable"}
    for name, outcome in (("doomed", "fails"), (profile["endpointName"], "fails")):
        slipway.outcome(name, "create", outcome)
    for each in (request, newer, doomed, unscalable):
        stack.make_models(slipway.aws, each)
        slipway.wait(slipway.start(each))
    rescaled(slipway, request)
    guarded(slipway, request)
    watched(slipway, request)
    stopped(slipway, request)
    replaced(slipway, request)
    led_back(slipway, request)
    approval.make_package(slipway.aws, approved["detail"])
    slipway.aws.client("ssm").put_parameter(
        Name=f"/slipway/profiles/{group}", Type="String", Value=json.dumps(profile), Overwrite=True
    )
    approve = lambda: approval.approve_package(slipway.aws, approved["detail"])  # noqa: E731
    slipway.wait(approval.started_by(slipway.aws, slipway.machine_arn, approve))


def rescaled(slipway: Slipway, request: dict[str, Any]) -> None:
    """Updates of a scaled variant that others scale, too, until nothing of Slipway's own scales it."""
    (variant,) = request["productionVariants"]
    retyped = {
        **request,
        "endpointName": "rescaled",
        "productionVariants": [{**variant, "InstanceType": "ml.c5.large"}],
    }
    unscaled = {name: value for name, value in retyped.items() if "caling" not in name}
    slipway.wait(slipway.start({**request, "endpointName": "rescaled"}))
    others = Others(slipway, "rescaled")
    others.schedule("office-hours")
    for each in (retyped, unscaled):
        slipway.wait(slipway.start(each))
    others.unschedule("office-hours")
    for each in (retyped, unscaled):
        slipway.wait(slipway.start(each))


def guarded(slipway: Slipway, request: dict[str, Any]) -> None:
    """An update under the eyes of an alarm."""
    slipway.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    (variant,) = request["productionVariants"]
    newest = {**request, "productionVariants": [{**variant, "ModelName": "newest"}], "alarms": ["errors"]}
    stack.make_models(slipway.aws, newest)
    slipway.wait(slipway.start(newest))


def watched(slipway: Slipway, request: dict[str, Any]) -> None:
    """Alarms that are made, meet an update that is rolled back twice, are made anew, and end."""
    (variant,) = request["productionVariants"]
    first = {**request, "endpointName": "watched", "alarms": "create"}
    newer = {**first, "productionVariants": [{**variant, "ModelName": "newer"}]}
    stricter = {**newer, "alarmThresholds": {"serverErrorPercent": 0.5}}
    slipway.wait(slipway.start(first))
    for each in ({**newer, "onFailure": "KEEP"}, stricter):
        slipway.outcome("watched", "update", "rolls_back")
        slipway.wait(slipway.start(each))
    slipway.wait(slipway.start({name: value for name, value in first.items() if name != "alarms"}))


def replaced(slipway: Slipway, request: dict[str, Any]) -> None:
    """A scaled endpoint that an update left Failed, deleted and created anew."""
    (variant,) = request["productionVariants"]
    broken = {**request, "endpointName": "broken"}
    mended = {**broken, "productionVariants": [{**variant, "ModelName": "newer"}]}
    slipway.wait(slipway.start(broken))
    slipway.outcome("broken", "update", "fails")
    for each in (mended, mended):
        slipway.wait(slipway.start(each))


def stopped(slipway: Slipway, request: dict[str, Any]) -> None:
    """An execution that is stopped, and one that takes over the lock of one that was never seen."""
    with slipway.standing_still():
        arn = slipway.start({**request, "endpointName": "stopped"})
        slipway.until(lambda: slipway.entered(arn, "Wait for endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    slipway.until(lambda: slipway.messages_of(arn))
    slipway.lock("orphaned", slipway.machine_arn.replace(":stateMachine:", ":execution:") + ":never-was")
    slipway.wait(slipway.start({**request, "endpointName": "orphaned"}))


def led_back(slipway: Slipway, request: dict[str, Any]) -> None:
    """An update of three scaled variants whose last policy is refused, and a scheduled action that is lost meanwhile."""
    (variant,) = request["productionVariants"]
    variants = [{**variant, "VariantName": name} for name in "ABC"]
    unscaled = {"endpointName": "led-back", "productionVariants": variants}
    slipway.wait(slipway.start(unscaled))
    for name in "ABC":
        scaled_by_hand.register(slipway.aws, "led-back", name)
    scaled_by_hand.put_policy(slipway.aws, "led-back", "A")
    scaled_by_hand.put_scheduled_action(slipway.aws, "led-back", "A")
    newer = [{**each, "ModelName": "newer"} for each in variants]
    refused = {"ResourceId": "endpoint/led-back/variant/C"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no", match=refused)
    with slipway.standing_still():
        arn = slipway.start({**request, "endpointName": "led-back", "productionVariants": newer})
        slipway.until(lambda: slipway.entered(arn, "Wait for endpoint"))
        scaled_by_hand.delete_scheduled_action(slipway.aws, "led-back", "A")
    assert slipway.wait(arn)["error"] == "ScalingFailed"


def granted(role: str) -> set[str]:
    """The actions that the template grants to the role with this logical id."""
    resources = project.transformed()["Resources"]
    documents = [policy["PolicyDocument"] for policy in resources[role]["Properties"].get("Policies", [])]
    documents += [
        resource["Properties"]["PolicyDocument"]
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]
    ]
    statements: list[dict[str, Any]] = [
        statement.get("Fn::If", [None, statement])[1] for document in documents for statement in document["Statement"]
    ]
    actions = [statement["Action"] for statement in statements]
    return {action for each in actions for action in ([each] if isinstance(each, str) else each)}


ROLES = sorted(
    name for name, resource in project.transformed()["Resources"].items() if resource["Type"] == "AWS::IAM::Role"
)


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
        for action in used.get(name, set()) - by_key_policy
        if not any(fnmatch.fnmatch(action, pattern) for pattern in granted(role))
    }

    assert beyond == set()
