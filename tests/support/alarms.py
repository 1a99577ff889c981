"""CloudWatch alarms for tests, in addition to the alarms that Slipway creates."""

import json
from typing import Any

from local_aws import LocalAws
from tests.support.roles import make_role

Json = dict[str, Any]
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DETAIL_TYPE = "SageMaker Endpoint Deployment State Change"


def make_alarm(cloudwatch: Any, name: str) -> str:
    """Create an alarm on any metric and return its name."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name


def trip_in_stage(aws: LocalAws, endpoint_name: str, alarm: str, stage: str) -> None:
    """Trip an alarm when a deployment of the endpoint enters a stage; virtual time does not advance meanwhile.

    `alarm` is a JSONata template of its name over `$endpoint`, the response of DescribeEndpoint; `stage` is the start
    of the message in the variant's status.
    """
    name = f"{endpoint_name}-trip"
    services = {"Service": ["events.amazonaws.com", "states.amazonaws.com"]}
    role_arn = make_role(aws.client("iam"), name, services, EVERYTHING)
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
        "Arguments": {"AlarmName": alarm, "StateValue": "ALARM", "StateReason": "a test"},
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Describe", "States": {"Describe": describe, "Trip": trip}}
