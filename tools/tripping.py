"""Trip an alarm at a certain stage of an update, on the virtual clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws

Json = dict[str, Any]
DETAIL_TYPE = "SageMaker Endpoint Deployment State Change"
VERSION = "2012-10-17"
ACTIONS = ["states:StartExecution", "sagemaker:DescribeEndpoint", "cloudwatch:SetAlarmState"]


@dataclass(frozen=True)
class Tripped:
    """An alarm that went off.

    Attributes
    ----------
    alarm : str
        Name of the alarm.
    message : str
        Message in the variant's status at that time.
    """

    alarm: str
    message: str


@dataclass(frozen=True)
class Trip:
    """An EventBridge rule that starts a state machine, which sets an alarm off."""

    aws: LocalAws
    rule: str
    machine_arn: str

    def finish(self) -> list[Tripped]:
        """Disable the rule, and return what it did."""
        self.aws.client("events").disable_rule(Name=self.rule)
        states = self.aws.client("stepfunctions")
        arns = [each["executionArn"] for each in states.list_executions(stateMachineArn=self.machine_arn)["executions"]]
        outputs = [json.loads(states.describe_execution(executionArn=arn)["output"]) for arn in arns]
        return [Tripped(each["alarm"], _message(each["endpoint"])) for each in outputs]


def trip_in_stage(aws: LocalAws, endpoint_name: str, alarm: str, stage: str) -> Trip:
    """Trip an alarm whenever a deployment of the endpoint enters a stage; virtual time does not advance meanwhile.

    Parameters
    ----------
    alarm : str
        JSONata template of the alarm's name over `$endpoint`, the response of DescribeEndpoint.
    stage : str
        Start of the message in the variant's status.
    """
    name = f"{endpoint_name}-trip"
    role_arn = _make_role(aws, name)
    machine = aws.client("stepfunctions").create_state_machine(
        name=name, roleArn=role_arn, definition=json.dumps(_machine(endpoint_name, alarm))
    )
    status = {"StatusMessage": [{"prefix": stage}]}
    detail = {
        "EndpointName": [endpoint_name],
        "PendingDeploymentSummary": {"ProductionVariants": {"VariantStatus": status}},
    }
    pattern = {"source": ["aws.sagemaker"], "detail-type": [DETAIL_TYPE], "detail": detail}
    events = aws.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    target = {"Id": "target", "Arn": machine["stateMachineArn"], "RoleArn": role_arn}
    events.put_targets(Rule=name, Targets=[target])
    return Trip(aws, name, machine["stateMachineArn"])


def _message(endpoint: Json) -> str:
    """Message in the status of the first variant of a pending deployment."""
    status = endpoint["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"]
    return str(status[0]["StatusMessage"])


def _make_role(aws: LocalAws, name: str) -> str:
    principal = {"Service": ["events.amazonaws.com", "states.amazonaws.com"]}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}
    iam = aws.client("iam")
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": VERSION, "Statement": [trust]})
    )
    iam.put_role_policy(
        RoleName=name, PolicyName="trip", PolicyDocument=json.dumps({"Version": VERSION, "Statement": [rights]})
    )
    return str(role["Role"]["Arn"])


def _machine(endpoint_name: str, alarm: str) -> Json:
    describe = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
        "Arguments": {"EndpointName": endpoint_name},
        "Assign": {"endpoint": "{% $states.result %}"},
        "Next": "Trip",
    }
    trip = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:setAlarmState",
        "Arguments": {"AlarmName": alarm, "StateValue": "ALARM", "StateReason": "set by SetAlarmState"},
        "Output": {"alarm": alarm, "endpoint": "{% $endpoint %}"},
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Describe", "States": {"Describe": describe, "Trip": trip}}
