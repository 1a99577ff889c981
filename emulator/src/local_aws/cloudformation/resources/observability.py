"""AWS::Logs and AWS::CloudWatch: log groups, filters, alarms, dashboards."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    camel,
    changed,
    deletion,
    document,
    named,
    overwriting,
    put,
    retag,
    tag_list,
    tag_map,
    without,
)
from local_aws.core import partition


def _create_group(context: Context, properties: Properties) -> Provisioned:
    logs, name = context.client("logs"), properties["LogGroupName"]
    request: dict[str, Any] = {"tags": tag_map(properties)} if properties.get("Tags") else {}
    if "KmsKeyId" in properties:
        request["kmsKeyId"] = properties["KmsKeyId"]
    if "LogGroupClass" in properties:
        request["logGroupClass"] = properties["LogGroupClass"]
    logs.create_log_group(logGroupName=name, **request)
    context.initiated(name)
    if "RetentionInDays" in properties:
        logs.put_retention_policy(logGroupName=name, retentionInDays=properties["RetentionInDays"])
    return _group(context, name)


def _group(context: Context, name: str) -> Provisioned:
    return Provisioned(name, {"Arn": context.arn("logs", f"log-group:{name}:*")})


def _update_group(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    logs, made = context.client("logs"), _group(context, name)
    if changed(old, new, "RetentionInDays"):
        if "RetentionInDays" in new:
            logs.put_retention_policy(logGroupName=name, retentionInDays=new["RetentionInDays"])
        else:
            logs.delete_retention_policy(logGroupName=name)
    if changed(old, new, "KmsKeyId"):
        if "KmsKeyId" in new:
            logs.associate_kms_key(logGroupName=name, kmsKeyId=new["KmsKeyId"])
        else:
            logs.disassociate_kms_key(logGroupName=name)
    arn = made.attributes["Arn"].removesuffix(":*")
    retag(
        old,
        new,
        lambda tags: logs.tag_resource(resourceArn=arn, tags=tags),
        lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
    )
    return made


def _create_stream(context: Context, properties: Properties) -> Provisioned:
    context.client("logs").create_log_stream(**camel(properties))
    return Provisioned(properties["LogStreamName"])


def _resource_policy(properties: Properties) -> dict[str, Any]:
    return {"policyName": properties["PolicyName"], "policyDocument": document(properties["PolicyDocument"])}


def _create_alarm(context: Context, properties: Properties) -> Provisioned:
    cloudwatch, name = context.client("cloudwatch"), properties["AlarmName"]
    if cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        raise ResourceError(f"{name} already exists in stack or account")  # PutMetricAlarm would overwrite it
    cloudwatch.put_metric_alarm(**properties)
    return _alarm(context, name)


def _update_alarm(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    cloudwatch, made = context.client("cloudwatch"), _alarm(context, name)
    cloudwatch.put_metric_alarm(**without(new, "Tags"))  # PutMetricAlarm ignores the tags of an existing alarm
    arn = made.attributes["Arn"]
    retag(
        old,
        new,
        lambda tags: cloudwatch.tag_resource(ResourceARN=arn, Tags=tag_list(tags)),
        lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    return made


def _alarm(context: Context, name: str) -> Provisioned:
    return Provisioned(name, {"Arn": context.arn("cloudwatch", f"alarm:{name}")})


def _delete_alarm(context: Context, name: str, _: Properties) -> None:
    context.client("cloudwatch").delete_alarms(AlarmNames=[name])


def _update_dashboard(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    cloudwatch = context.client("cloudwatch")
    cloudwatch.put_dashboard(**without(new, "Tags"))  # PutDashboard ignores the tags of an existing dashboard
    arn = f"arn:{partition.NAME}:cloudwatch::{context.account_id}:dashboard/{name}"
    retag(
        old,
        new,
        lambda tags: cloudwatch.tag_resource(ResourceARN=arn, Tags=tag_list(tags)),
        lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    return Provisioned(name)


def _delete_dashboard(context: Context, name: str, _: Properties) -> None:
    context.client("cloudwatch").delete_dashboards(DashboardNames=[name])


_put_filter = put("logs", "put_metric_filter", named("FilterName"), camel)
_put_subscription = put("logs", "put_subscription_filter", named("FilterName"), camel)
_put_resource_policy = put("logs", "put_resource_policy", named("PolicyName"), _resource_policy)
_put_dashboard = put("cloudwatch", "put_dashboard", named("DashboardName"))

TYPES: Types = {
    "AWS::Logs::LogGroup": ResourceType(
        properties="KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags",
        create=_create_group,
        update=_update_group,
        delete=deletion("logs", "delete_log_group", "logGroupName", request=camel),
        name=Name("LogGroupName", longest=512),
        attributes="Arn",
    ),
    "AWS::Logs::LogStream": ResourceType(
        properties="LogGroupName LogStreamName",
        create=_create_stream,
        delete=deletion("logs", "delete_log_stream", "logGroupName", "logStreamName", request=camel),
        name=Name("LogStreamName", longest=512),
    ),
    "AWS::Logs::MetricFilter": ResourceType(
        properties="FilterName FilterPattern LogGroupName MetricTransformations",
        create=_put_filter,
        update=overwriting(_put_filter),
        delete=deletion("logs", "delete_metric_filter", "logGroupName", "filterName", request=camel),
        name=Name("FilterName", longest=512),
    ),
    "AWS::Logs::SubscriptionFilter": ResourceType(
        properties="DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn",
        create=_put_subscription,
        update=overwriting(_put_subscription),
        delete=deletion("logs", "delete_subscription_filter", "logGroupName", "filterName", request=camel),
        name=Name("FilterName", longest=512),
    ),
    "AWS::Logs::ResourcePolicy": ResourceType(
        properties="PolicyDocument PolicyName",
        create=_put_resource_policy,
        update=overwriting(_put_resource_policy),
        delete=deletion("logs", "delete_resource_policy", "policyName", request=camel),
    ),
    "AWS::CloudWatch::Alarm": ResourceType(
        properties="ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm "
        "Dimensions EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions "
        "MetricName Metrics Namespace OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData "
        "Unit",
        create=_create_alarm,
        update=_update_alarm,
        delete=_delete_alarm,
        name=Name("AlarmName", longest=255),
        attributes="Arn",
    ),
    "AWS::CloudWatch::Dashboard": ResourceType(
        properties="DashboardBody DashboardName Tags",
        create=_put_dashboard,
        update=_update_dashboard,
        delete=_delete_dashboard,
        name=Name("DashboardName", longest=255),
    ),
}
