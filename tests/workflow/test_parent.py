"""A parent state machine runs a deployment as one of its states."""

import json
from typing import Any

from tests.support.deployment import Slipway

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def parent(slipway: Slipway, name: str) -> str:
    """ARN of a state machine whose only state runs a deployment and passes its result on."""
    machine = slipway.machine_arn
    executions = machine.replace(":stateMachine:", ":execution:") + ":*"
    rule = "arn:aws:events:eu-west-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    allowed = [
        {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine},
        {"Effect": "Allow", "Action": ["states:DescribeExecution", "states:StopExecution"], "Resource": executions},
        {"Effect": "Allow", "Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"], "Resource": rule},
    ]
    iam = slipway.aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=document)
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Deploy",
        "States": {
            "Deploy": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {"StateMachineArn": machine, "Input": "{% $states.input %}"},
                "Output": "{% $states.result.Output.endpointName %}",
                "End": True,
            }
        },
    }
    states = slipway.aws.client("stepfunctions")
    made = states.create_state_machine(name=name, roleArn=role, definition=json.dumps(definition))
    return str(made["stateMachineArn"])


def run(slipway: Slipway, machine_arn: str, request: Any) -> dict[str, Any]:
    states = slipway.aws.client("stepfunctions")
    started = states.start_execution(stateMachineArn=machine_arn, input=json.dumps(request))
    return slipway.wait(started["executionArn"])


def test_sync_2_passes_the_result_to_the_next_state(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("child"))

    ended = run(slipway, parent(slipway, "parent-of-success"), request_for("child"))

    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "child")


def test_a_failed_deployment_fails_its_parent(slipway: Slipway) -> None:
    ended = run(slipway, parent(slipway, "parent-of-failure"), {"endpointName": "no-variants"})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert "InvalidRequest" in ended["cause"]
