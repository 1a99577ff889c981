"""What is live of an endpoint: variants, inference components, scaling, alarms, lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from rich.console import RenderableType
from rich.text import Text

from slipway import components
from slipway.aws import message_of
from slipway.calls import Call
from slipway.fleet import fleet
from slipway.stack import Stack

NOT_FOUND = "Could not find endpoint"
STYLES = {"InService": "green", "OK": "green", "ALARM": "bold red", "Failed": "bold red", "OutOfService": "bold red"}
VARIANT = {
    "variantName": "VariantName",
    "currentInstanceCount": "CurrentInstanceCount",
    "desiredInstanceCount": "DesiredInstanceCount",
    "currentWeight": "CurrentWeight",
    "desiredWeight": "DesiredWeight",
}
OF_CONFIG = {"modelName": "ModelName", "instanceType": "InstanceType"}
POOL = {"instanceType": "InstanceType", "currentInstanceCount": "CurrentInstanceCount"}
ALARM_TYPES = ["MetricAlarm", "CompositeAlarm"]  # by default, CloudWatch returns metric alarms only
SAGEMAKER = {"ServiceNamespace": "sagemaker"}
COMPONENT = "inference-component"


def describe_call(name: str) -> Call:
    """Return the call that describes the endpoint."""
    return Call("sagemaker", "DescribeEndpoint", {"EndpointName": name})


def lock_call(stack: Stack, name: str) -> Call:
    """Return the call that reads the endpoint's lock."""
    key = {"lockId": {"S": f"endpoint/{name.lower()}"}}
    return Call("dynamodb", "GetItem", {"TableName": stack.locks_table, "Key": key, "ConsistentRead": True})


def alarms_call(stack: Stack, name: str) -> Call:
    """Return the call that reads the alarms that Slipway created for the endpoint."""
    return Call("cloudwatch", "DescribeAlarms", {"AlarmNamePrefix": f"{stack.name}/{name.lower()}/"})


def read(stack: Stack, name: str) -> dict[str, Any] | None:
    """Return the state of the endpoint as JSON; None if it does not exist."""
    described = _described(stack, name)
    if described is None:
        return None
    config = Call("sagemaker", "DescribeEndpointConfig", {"EndpointConfigName": described["EndpointConfigName"]}).make(
        stack.session
    )
    pending = described.get("PendingDeploymentSummary", {})
    hosted = components.read(stack, described["EndpointName"]) if components.hosted_by(config) else []
    return {
        "endpointName": described["EndpointName"],
        "status": described["EndpointStatus"],
        "endpointConfigName": described["EndpointConfigName"],
        "pendingEndpointConfigName": pending.get("EndpointConfigName"),
        "failureReason": described.get("FailureReason"),
        "variants": list(_variants(described, config)),
        "components": hosted,
        "scaling": list(_scaling(stack, described, [each["name"] for each in hosted])),
        "alarms": list(_alarms(stack, described)),
    }


def live_config(stack: Stack, name: str) -> str | None:
    """Return the live config of the endpoint; None if it does not exist."""
    described = _described(stack, name)
    return str(described["EndpointConfigName"]) if described else None


def lock(stack: Stack, name: str) -> dict[str, Any]:
    """Return who holds the endpoint's lock, and how many executions wait for it."""
    item = lock_call(stack, name).make(stack.session).get("Item", {})
    waiting: list[Any] = next(iter(item.get("waiting", {}).values()), [])
    held = "heldBy" in item
    return {
        "heldBy": item["heldBy"]["S"] if held else None,
        "heldSince": item["heldSince"]["S"] if held else None,
        "waiting": len(waiting) if isinstance(waiting, list) else 0,
    }


def _described(stack: Stack, name: str) -> dict[str, Any] | None:
    try:
        return describe_call(name).make(stack.session)
    except ClientError as error:
        if NOT_FOUND not in message_of(error):
            raise
        return None


def _variants(described: dict[str, Any], config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        configured = {each["VariantName"]: each for each in config.get(member, [])}
        for variant in described.get(member, []):
            asked = configured.get(variant["VariantName"], {})
            yield {name: variant.get(of_aws) for name, of_aws in VARIANT.items()} | {
                **{name: asked.get(of_aws) for name, of_aws in OF_CONFIG.items()},
                "instancePools": [
                    {name: pool[of_aws] for name, of_aws in POOL.items()} for pool in variant.get("InstancePools", [])
                ],
                "shadow": member == "ShadowProductionVariants",
            }


def _scaling(stack: Stack, described: dict[str, Any], component_names: list[str]) -> Iterator[dict[str, Any]]:
    name = described["EndpointName"]
    ids = [f"endpoint/{name}/variant/{each['VariantName']}" for each in described.get("ProductionVariants", [])]
    ids += [f"{COMPONENT}/{each}" for each in component_names]
    if not ids:
        return
    found = Call("application-autoscaling", "DescribeScalableTargets", SAGEMAKER | {"ResourceIds": ids})
    for target in found.make(stack.session)["ScalableTargets"]:
        request = SAGEMAKER | {"ResourceId": target["ResourceId"]}
        policies = Call("application-autoscaling", "DescribeScalingPolicies", request).make(stack.session)
        yield {
            "kind": "component" if target["ResourceId"].startswith(COMPONENT) else "variant",
            "name": target["ResourceId"].rpartition("/")[2],
            "minCapacity": target["MinCapacity"],
            "maxCapacity": target["MaxCapacity"],
            "policies": [_policy(each) for each in policies["ScalingPolicies"]],
        }


def _policy(policy: dict[str, Any]) -> dict[str, Any]:
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    own = tracking.get("CustomizedMetricSpecification", {}).get("MetricName", "metric math")
    metric = (predefined or own) if tracking else None
    return {"policyName": policy["PolicyName"], "metric": metric, "targetValue": tracking.get("TargetValue")}


def _alarms(stack: Stack, described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the alarms that Slipway created, and those that SageMaker watched during the last update."""
    watched = described.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    calls = [alarms_call(stack, described["EndpointName"])]
    if watched:
        names = [each["AlarmName"] for each in watched]
        calls.append(Call("cloudwatch", "DescribeAlarms", {"AlarmNames": names, "AlarmTypes": ALARM_TYPES}))
    found: dict[str, str] = {}
    for call in calls:
        answer = call.make(stack.session)
        alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        found |= {each["AlarmName"]: each["StateValue"] for each in alarms}
    yield from ({"alarmName": name, "state": state} for name, state in sorted(found.items()))


def text(state: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield the state of an endpoint for people."""
    yield Text.assemble(f"{state['endpointName']}  ", (state["status"], STYLES.get(state["status"], "yellow")))
    yield Text(f"  config   {state['endpointConfigName']}")
    if state["pendingEndpointConfigName"]:
        yield Text(f"  pending  {state['pendingEndpointConfigName']}", style="yellow")
    if state["failureReason"]:
        yield Text(f"  reason   {state['failureReason']}")
    for variant in state["variants"]:
        yield Text(f"  variant  {_variant(variant)}")
    yield from (Text(f"  {line}") for line in components.lines(state["components"]))
    for scaled in state["scaling"]:
        policies = "; ".join(
            f"{each['metric']} at {each['targetValue']:g}" if each["metric"] else each["policyName"]
            for each in scaled["policies"]
        )
        yield Text(f"  scaling  {scaled['name']}: {scaled['minCapacity']} to {scaled['maxCapacity']}, {policies}")
    for alarm in state["alarms"]:
        yield Text.assemble(
            f"  alarm    {alarm['alarmName']}  ", (alarm["state"], STYLES.get(alarm["state"], "yellow"))
        )


def _variant(variant: dict[str, Any]) -> str:
    count, wanted = variant["currentInstanceCount"], variant["desiredInstanceCount"]
    size = fleet(variant)
    scales = f" (scaling to {wanted})" if size and wanted not in (None, count) else ""
    weight = variant["currentWeight"]
    word = "shadow, share" if variant["shadow"] else "weight"
    share = f", {word} {weight:g}" if weight is not None else ""
    runs = f"model {variant['modelName']}" if variant["modelName"] else "inference components"
    return f"{variant['variantName']}: {size or 'serverless'}{scales}{share}, {runs}"
