"""Summary of an endpoint: config, variants, inference components, scaling, notifications, history and undo."""

from __future__ import annotations

import json
from typing import Any

from local_aws import LocalAws

HISTORY = ("startedAt", "outcome", "endpointConfigName", "deploymentId")
FOR_PROGRAMS = "For programs:"


def endpoint(aws: LocalAws, name: str) -> list[str]:
    """Lines that show the endpoint `name`, or that it does not exist."""
    sagemaker = aws.client("sagemaker")
    if not any(found["EndpointName"] == name for found in sagemaker.list_endpoints(NameContains=name)["Endpoints"]):
        return [f"  no endpoint {name}"]
    described = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    models = {variant["VariantName"]: variant for variant in config["ProductionVariants"]}
    lines = [
        f"  endpoint  {name}  {described['EndpointStatus']}",
        f"  config    {described['EndpointConfigName']}",
    ]
    for variant in described["ProductionVariants"]:
        lines.append(_variant(variant, models[variant["VariantName"]]))
        lines.extend(_scaling(aws, f"endpoint/{name}/variant/{variant['VariantName']}"))
    hosted = sagemaker.list_inference_components(EndpointNameEquals=name)["InferenceComponents"]
    for component in sorted(each["InferenceComponentName"] for each in hosted):
        lines.append(_component(sagemaker.describe_inference_component(InferenceComponentName=component)))
        lines.extend(_scaling(aws, f"inference-component/{component}"))
    return lines


def tests(result: dict[str, Any]) -> list[str]:
    """Lines that show the tests that the endpoint passed, from the output of its deployment."""
    lines = []
    for each in result["tests"]:
        answer = f"status {each['status']} after {each['latencyMilliseconds']} ms"
        lines.append(f"  test      {each['name']} on {each['variant'] or each.get('component')}: {answer}")
    return lines


def history(aws: LocalAws, table: str, name: str) -> list[str]:
    """Lines that show the recorded deployments of the endpoint `name`, newest first."""
    answer = aws.client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="endpoint = :endpoint",
        ExpressionAttributeValues={":endpoint": {"S": name.lower()}},
        ScanIndexForward=False,
    )
    rows = [[item[column]["S"] if column in item else "-" for column in HISTORY] for item in answer["Items"]]
    return ["  history   started, outcome, config, deployment id"] * bool(rows) + [
        f"            {'  '.join(row)}" for row in rows
    ]


def undo(name: str) -> list[str]:
    """Lines that show how to undo a deployment of the endpoint `name`."""
    start = "            aws stepfunctions start-execution --state-machine-arn \"$%s\" --input '%s'"
    return [
        "  undo      to restore the previous deployment, once there are two deployments:",
        start % ("machine", json.dumps({"endpointName": name, "rollback": True})),
        "            to remove the endpoint:",
        start % ("removal", json.dumps({"endpointName": name, "confirm": name})),
    ]


def messages(aws: LocalAws, topic_arns: list[str], already: int = 0) -> list[str]:
    """Lines that show what was published to the topics, without the first `already` of all messages."""
    lines = []
    for message in aws.get("sns/messages")[already:]:
        if message["topicArn"] in topic_arns:
            lines.append(f"  message   {message['subject']}")
            lines.extend(f"            {line}" for line in _for_people(message["message"]))
    return lines


def _variant(live: dict[str, Any], asked: dict[str, Any]) -> str:
    size = (
        f"{live['CurrentInstanceCount']} × {asked['InstanceType']}"
        if "InstanceType" in asked
        else f"serverless, {asked['ServerlessConfig']['MemorySizeInMB']} MB"
    )
    model = f"model {asked['ModelName']}" if "ModelName" in asked else "inference components"
    return f"  variant   {live['VariantName']}  {size}  weight {live['CurrentWeight']:g}  {model}"


def _component(described: dict[str, Any]) -> str:
    specification = described.get("Specification") or described["Specifications"][0]
    base = specification.get("BaseInferenceComponentName")
    copies = described.get("RuntimeConfig", {}).get("CurrentCopyCount")
    of_base = f"adapter of {base}" if base else f"{copies} {'copy' if copies == 1 else 'copies'}"
    status = described["InferenceComponentStatus"]
    return f"  component {described['InferenceComponentName']}  {status}  {of_base}  on {described['VariantName']}"


def _scaling(aws: LocalAws, resource_id: str) -> list[str]:
    autoscaling = aws.client("application-autoscaling")
    resource = {"ServiceNamespace": "sagemaker", "ResourceId": resource_id}
    targets = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource["ResourceId"]])
    lines = [f"    scales  {t['MinCapacity']}–{t['MaxCapacity']}" for t in targets["ScalableTargets"]]
    policies = autoscaling.describe_scaling_policies(**resource)["ScalingPolicies"]
    lines += [f"    policy  {_policy(policy)}" for policy in policies]
    for action in autoscaling.describe_scheduled_actions(**resource)["ScheduledActions"]:
        bounds, zone = action["ScalableTargetAction"], action.get("Timezone", "UTC")
        lines.append(f"    {action['Schedule']} {zone} → {bounds['MinCapacity']}–{bounds['MaxCapacity']}")
    return lines


def _policy(policy: dict[str, Any]) -> str:
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
    if tracking is None:
        steps = policy["StepScalingPolicyConfiguration"]
        added = ", ".join(f"{step['ScalingAdjustment']:+d}" for step in steps["StepAdjustments"])
        return f"{policy['PolicyName']}: steps {added}  (cooldown {steps.get('Cooldown', 300)} s)"
    return (
        f"{metric_name(tracking)} → {tracking['TargetValue']:g}"
        f"  (out {tracking.get('ScaleOutCooldown', 300)} s, in {tracking.get('ScaleInCooldown', 300)} s)"
    )


def metric_name(tracking: dict[str, Any]) -> str:
    """The metric that a target-tracking policy holds at its target."""
    if "PredefinedMetricSpecification" in tracking:
        return str(tracking["PredefinedMetricSpecification"]["PredefinedMetricType"])
    return str(tracking["CustomizedMetricSpecification"].get("MetricName", "metric math"))


def _for_people(message: str) -> list[str]:
    """The message down to where its machine-readable part begins."""
    return message.split(FOR_PROGRAMS)[0].rstrip().splitlines()
