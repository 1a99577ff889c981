"""AWS::Events and AWS::Scheduler: buses, rules with their targets, schedules."""

from __future__ import annotations

import json
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    deletion,
    document,
    named,
    only,
    overwriting,
    put,
    retag,
    tag_list,
    without,
)


def _rule_request(properties: Properties) -> dict[str, Any]:
    request = without(properties, "Targets", "Tags")
    if "EventPattern" in request:
        request["EventPattern"] = document(request["EventPattern"])
    return request


def _create_rule(context: Context, properties: Properties) -> Provisioned:
    events, name = context.client("events"), properties["Name"]
    if _rule_exists(events, only(properties, "Name", "EventBusName")):
        raise ResourceError(f"{name} already exists in stack or account")  # PutRule would overwrite it
    arn = events.put_rule(**_rule_request(properties), Tags=properties.get("Tags", []))["RuleArn"]
    context.initiated(name)
    _set_targets(events, {}, properties)
    return Provisioned(name, {"Arn": arn, "RuleName": name})


def _rule_exists(events: Any, which: Properties) -> bool:
    try:
        events.describe_rule(**which)
    except events.exceptions.ResourceNotFoundException:
        return False
    return True


def _set_targets(events: Any, old: Properties, new: Properties) -> None:
    rule = {"Rule": (new or old)["Name"], **only(new or old, "EventBusName")}
    before, after = ({target["Id"]: target for target in each.get("Targets", [])} for each in (old, new))
    targets = [target for key, target in after.items() if before.get(key) != target]
    if targets:
        _check(events.put_targets(**rule, Targets=targets))
    gone = [key for key in before if key not in after]
    if gone:
        _check(events.remove_targets(**rule, Ids=gone))


def _check(answer: dict[str, Any]) -> None:
    if answer.get("FailedEntryCount"):
        entry = answer["FailedEntries"][0]
        raise ResourceError(f"{entry['ErrorCode']}: {entry['ErrorMessage']} (target {entry['TargetId']})")


def _update_rule(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    events = context.client("events")
    arn = events.put_rule(**_rule_request(new))["RuleArn"]
    _set_targets(events, old, new)
    retag(
        old,
        new,
        lambda tags: events.tag_resource(ResourceARN=arn, Tags=tag_list(tags)),
        lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    return Provisioned(name, {"Arn": arn, "RuleName": name})


def _delete_rule(context: Context, _: str, properties: Properties) -> None:
    events = context.client("events")
    rule = only(properties, "EventBusName")
    targets = events.list_targets_by_rule(Rule=properties["Name"], **rule)["Targets"]
    if targets:
        events.remove_targets(Rule=properties["Name"], Ids=[target["Id"] for target in targets], **rule)
    events.delete_rule(Name=properties["Name"], **rule)


def _permission(properties: Properties) -> dict[str, Any]:
    bus = only(properties, "EventBusName")
    if "Statement" not in properties:
        return {**bus, **without(properties, "EventBusName")}
    given = properties["Statement"]
    statement = json.loads(given) if isinstance(given, str) else given
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Sid": properties["StatementId"]}]}
    return {**bus, "Policy": json.dumps(policy)}


def _bus_policy(properties: Properties, _: Any) -> Provisioned:
    return Provisioned(f"{properties.get('EventBusName', 'default')}|{properties['StatementId']}")


_put_bus_policy = put("events", "put_permission", _bus_policy, _permission)


def _bus(properties: Properties, answer: Any) -> Provisioned:
    return Provisioned(properties["Name"], {"Arn": answer["EventBusArn"], "Name": properties["Name"]})


def _schedule(context: Context, properties: Properties) -> Provisioned:
    arn = context.client("scheduler").create_schedule(**properties)["ScheduleArn"]
    return Provisioned(properties["Name"], {"Arn": arn})


def _update_schedule(context: Context, name: str, _: Properties, new: Properties) -> Provisioned:
    return Provisioned(name, {"Arn": context.client("scheduler").update_schedule(**new)["ScheduleArn"]})


def _update_group(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    scheduler, arn = context.client("scheduler"), context.arn("scheduler", f"schedule-group/{name}")
    retag(
        old,
        new,
        lambda tags: scheduler.tag_resource(ResourceArn=arn, Tags=tag_list(tags)),
        lambda keys: scheduler.untag_resource(ResourceArn=arn, TagKeys=keys),
    )
    return Provisioned(name, {"Arn": arn})


TYPES: Types = {
    "AWS::Events::Rule": ResourceType(
        properties="Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets",
        create=_create_rule,
        update=_update_rule,
        delete=_delete_rule,
        name=Name("Name"),
        attributes="Arn RuleName",
    ),
    "AWS::Events::EventBus": ResourceType(
        properties="Description EventSourceName Name Tags",
        create=put("events", "create_event_bus", _bus),
        delete=deletion("events", "delete_event_bus", "Name"),
        attributes="Arn Name",
    ),
    "AWS::Events::EventBusPolicy": ResourceType(
        properties="Action Condition EventBusName Principal Statement StatementId",
        create=_put_bus_policy,
        update=overwriting(_put_bus_policy),
        delete=deletion("events", "remove_permission", "EventBusName", "StatementId"),
    ),
    "AWS::Scheduler::Schedule": ResourceType(
        properties="Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression "
        "ScheduleExpressionTimezone StartDate State Target",
        create=_schedule,
        update=_update_schedule,
        delete=deletion("scheduler", "delete_schedule", "Name", "GroupName"),
        name=Name("Name"),
        attributes="Arn",
    ),
    "AWS::Scheduler::ScheduleGroup": ResourceType(
        properties="Name Tags",
        create=put("scheduler", "create_schedule_group", named("Name", Arn="ScheduleGroupArn")),
        update=_update_group,
        delete=deletion("scheduler", "delete_schedule_group", "Name"),
        name=Name("Name"),
        attributes="Arn",
    ),
}
