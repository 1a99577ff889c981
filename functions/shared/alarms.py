"""CloudWatch's metric alarms, as the requests of PutMetricAlarm that would put them as they are."""

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.canonical import canonical
from shared.errors import ServiceUnavailable

# Members of DescribeAlarms' answer that PutMetricAlarm takes. Tags are not in the answer, and a change keeps them.
MEMBERS = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "Namespace",
    "MetricName",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
    "Period",
    "Metrics",
    "ThresholdMetricId",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
)
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
MOST_AT_ONCE = 100
NOT_FOUND = "ResourceNotFound"
# CloudWatch's answers to an alarm that it will never accept (CloudWatch API reference, common errors).
REFUSED = frozenset({"InvalidParameterCombination", "InvalidParameterValue", "ValidationError"})
# CloudWatch API reference, PutMetricAlarm.
DEFAULTS = {"ActionsEnabled": True, "TreatMissingData": "missing"}
# Beginning of the descriptions of the alarms that trigger Slipway's step scaling policies.
TRIGGERS_SCALING = "Triggers the scaling policy "


def beginning_with(cloudwatch: Client, prefix: str) -> dict[str, Json]:
    """Return the metric alarms whose names begin with the prefix, by name."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    return {alarm["AlarmName"]: _request(alarm) for page in pages for alarm in page["MetricAlarms"]}


def triggering(cloudwatch: Client, policy_arn: str) -> list[str]:
    """Return the names of the metric alarms that trigger the scaling policy in any state."""
    # The prefix also matches policies whose names only begin like that of this one.
    pages = cloudwatch.get_paginator("describe_alarms").paginate(ActionPrefix=policy_arn, AlarmTypes=["MetricAlarm"])
    return [
        alarm["AlarmName"]
        for page in pages
        for alarm in page["MetricAlarms"]
        if any(policy_arn in alarm.get(member, []) for member in ACTIONS)
    ]


def delete(cloudwatch: Client, names: list[str]) -> None:
    """Delete the alarms; an alarm that CloudWatch neither finds nor lists is done.

    CloudWatch deletes none of several alarms if one of them does not exist (API reference, DeleteAlarms). Then they are
    deleted one by one.

    Raises
    ------
    ServiceUnavailable
        If CloudWatch does not find an alarm that it lists.
    """
    for start in range(0, len(names), MOST_AT_ONCE):
        some = names[start : start + MOST_AT_ONCE]
        try:
            cloudwatch.delete_alarms(AlarmNames=some)
        except ClientError as error:
            if code_of(error) != NOT_FOUND:
                raise
            for name in some if len(some) > 1 else []:
                delete(cloudwatch, [name])
            if len(some) == 1 and beginning_with(cloudwatch, some[0]).keys() & some:
                raise ServiceUnavailable(f"{what_aws_said(error)}: alarm {some[0]}, which is listed.") from error


def are_equal(one: Json, other: Json) -> bool:
    """Whether two requests of PutMetricAlarm put the same alarm, tags aside."""
    return definition(one) == definition(other)


def definition(request: Json) -> Json:
    """Return what the alarm says, with CloudWatch's defaults, in canonical form; without its tags."""
    # Without DatapointsToAlarm, all evaluated periods count (CloudWatch user guide, evaluating an alarm).
    periods = {"DatapointsToAlarm": request["EvaluationPeriods"]} if "EvaluationPeriods" in request else {}
    said: Json = canonical(DEFAULTS | periods | {name: request[name] for name in MEMBERS if name in request})
    return said


def triggers_scaling(alarm: Json) -> bool:
    """Whether Slipway created the alarm for a step scaling policy."""
    return str(alarm.get("AlarmDescription", "")).startswith(TRIGGERS_SCALING)


def has_actions_of_owner(alarm: Json) -> bool:
    """Whether an owner gave actions to the alarm, which Slipway creates without any."""
    return not triggers_scaling(alarm) and any(alarm.get(member) for member in ACTIONS)


def policy_arns(alarm: Json) -> list[str]:
    """Return the ARNs of the scaling policies that the alarm triggers."""
    return [action for action in alarm.get("AlarmActions", []) if ":scalingPolicy:" in action]


def without_policies(alarm: Json) -> Json:
    """Return the alarm without the scaling policies that it triggers; other actions of its owner stay."""
    others = [action for action in alarm.get("AlarmActions", []) if action not in policy_arns(alarm)]
    rest = {name: value for name, value in alarm.items() if name != "AlarmActions"}
    return rest | ({"AlarmActions": others} if others else {})


def _request(found: Json) -> Json:
    return {name: found[name] for name in MEMBERS if found.get(name) not in (None, [])}
