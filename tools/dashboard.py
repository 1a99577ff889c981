"""Body of the CloudWatch dashboard in template.yaml, with example values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.stack import ROOT

VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:slipway-"
VALUES = {
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "slipway",
    "Stage": "prod",
    "FunctionsLogGroup": "/aws/lambda/slipway",
    "StateMachinesLogGroup": "/aws/vendedlogs/states/slipway",
    "ApprovalsDeadLetterQueue.QueueName": "slipway-ApprovalsDeadLetterQueue",
    "UnsettledExecutionsQueue.QueueName": "slipway-UnsettledExecutionsQueue",
    "FailedDeploymentsAlarm.Arn": f"{ALARM}failed-deployments",
    "ApprovalsDeadLetterAlarm.Arn": f"{ALARM}approvals-dead-letters",
    "UnsettledExecutionsAlarm.Arn": f"{ALARM}unsettled-executions",
}


def body() -> dict[str, Any]:
    """The dashboard's body."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    parsed: dict[str, Any] = json.loads(substituted(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]))
    return parsed


def substituted(value: Any, known: Mapping[str, str] = VALUES) -> str:
    """Text of a string or Fn::Sub; ``${!name}`` is the literal ``${name}``.

    Raises
    ------
    KeyError
        If a variable has no value.
    """
    if isinstance(value, str):
        return value
    (parts,) = value.values()
    text, own = parts if isinstance(parts, list) else (parts, {})
    names = {**known, **{name: substituted(each, known) for name, each in own.items()}}
    return VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[1] else names[found[2]], text)
