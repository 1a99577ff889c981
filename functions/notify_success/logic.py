"""What a deployment that succeeded has led to: the execution's output, and the message that tells of it."""

from collections.abc import Iterator

from shared.aws import Json
from shared.console import endpoint_link, execution_link
from shared.moments import spoken
from shared.notification import Message
from shared.steps import told

HAPPENED = {
    "create": "The endpoint was created; it was in service after {duration}.",
    "update": "The endpoint was updated; the new config served after {duration}.",
    "join": "Another execution of the same request was at work already; this one waited for it and changed nothing.",
    "shift": "The weights of the variants were changed; they were in effect after {duration}.",
    "none": "Everything was as asked already; nothing was changed.",
}
REASON = {
    "request": "",
    "approval": "Model package {modelPackageArn} was approved. ",
    "rollback": "Deployment {deploymentId}, of {startedAt}, was gone back to. ",
}
NEW_CONFIG = "endpoint config, which had been deleted,"
NOT_ALL_AS_ASKED = "The endpoint served the config as asked already, but not all of it is as asked: see What to do."
ONLY_AROUND = "The endpoint served the config as asked already; only its {what} changed."


def result(plan: Json, endpoint: Json, deployment_id: str) -> Json:
    """The execution's output, without the message's id.

    Parameters
    ----------
    endpoint : Json
        The answer of "Check endpoint" that settled it; and as ``old`` that of "Remove configs and models", its error,
        or None where there was nothing to remove.
    deployment_id : str
        The execution's name, by which the history knows the deployment.
    """
    old = endpoint["old"] or {}
    changed_endpoint = plan["action"] in ("create", "update", "shift")
    removed = _removed(plan["scaling"])
    changed_scaling = bool(plan["scaling"]["targets"] or removed)
    alarms = _alarms(plan["alarms"])
    return {
        "outcome": "SUCCEEDED",
        "deploymentId": deployment_id,
        "changed": changed_endpoint or changed_scaling or alarms["changed"] or _has_new_config(plan),
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "endpointArn": plan["endpointArn"],
        "endpointConfigName": endpoint["endpointConfigName"],
        "previousEndpointConfigName": plan["previousEndpointConfigName"],
        "previousWeights": plan["previous"]["weights"] if plan["action"] == "shift" else None,
        "modelNames": plan["modelNames"],
        "variants": _variants(plan, endpoint),
        "scaling": {"changed": changed_scaling, "variants": plan["scaling"]["summary"], "removed": removed},
        "alarms": alarms,
        "old": {what: old.get(what, []) for what in ("removed", "kept", "left")},
        "secondsToInService": endpoint["elapsedSeconds"] if changed_endpoint else 0,
        "planHash": plan["planHash"],
        "steps": plan["steps"],
        "trigger": plan["trigger"],
        "differences": plan["differences"],
        "warnings": [*plan["warnings"], *_not_removed(old)],
    }


def message(output: Json, execution_arn: str, undo: str) -> Message:
    """The message that tells people of the output, and how to undo what was done."""
    name = output["endpointName"]
    links = {"Execution": execution_link(execution_arn), "Endpoint": endpoint_link(execution_arn, name)}
    return Message(
        endpoint_name=name,
        outcome=output["outcome"],
        headline=f"{name} is in service" if output["changed"] else f"{name} is in service, nothing was changed",
        paragraphs=(
            ("What happened", _what_happened(output)),
            ("What was done", told(output["steps"])),
            ("What serves now", "\n".join([f"Config {output['endpointConfigName']}", *map(_line, output["variants"])])),
            ("How it scales", "\n".join(_scaling_lines(output["scaling"]))),
            ("What went of earlier deployments", "\n".join(_old_lines(output["old"]))),
            ("What to do", "\n".join(output["warnings"]) or "Nothing."),
            ("How to undo it", undo),
        ),
        links=tuple(f"{title}: {link}" for title, link in links.items() if link),
        data=output | {"executionArn": execution_arn},
    )


def _not_removed(old: Json) -> Iterator[str]:
    if "Error" in old:
        why = ": ".join(filter(None, (old["Error"], old.get("Cause"))))  # a time-out has an empty cause
        yield f"Configs of earlier deployments could not be removed; the next deployment tries again. {why}"


def _old_lines(old: Json) -> Iterator[str]:
    yield from (f"Removed: {what}" for what in old["removed"])
    yield from (f"Kept: {what}" for what in old["kept"])
    yield from (f"Left for the next deployment: {what}" for what in old["left"])


def _what_happened(output: Json) -> str:
    happened = HAPPENED[output["action"]].format(duration=spoken(output["secondsToInService"]))
    around = [what for what in ("scaling", "alarms") if output[what]["changed"]]
    around += [NEW_CONFIG] if _has_new_config(output) else []
    if output["action"] == "none" and around:
        is_one = around in (["scaling"], [NEW_CONFIG])
        happened = ONLY_AROUND.format(what=" and its ".join(around) + (" was" if is_one else " were"))
    elif output["action"] == "none" and output["differences"]:
        happened = NOT_ALL_AS_ASKED
    return f"{REASON[output['trigger']['kind']].format(**output['trigger'])}{happened}"


def _has_new_config(planned: Json) -> bool:
    """Whether the plan, or the output, has an endpoint config created; for a live one, somebody had deleted it."""
    return any(step["state"] == "Create endpoint config" for step in planned["steps"])


def _variants(plan: Json, endpoint: Json) -> list[Json]:
    """What runs, variant by variant: what SageMaker says of it, and what was asked for."""
    asked = {variant["VariantName"]: variant for variant in plan["endpointConfig"]["request"]["ProductionVariants"]}
    return [running | _asked(asked[running["variantName"]]) for running in endpoint["variants"]]


def _asked(variant: Json) -> Json:
    members = {"modelName": "ModelName", "instanceType": "InstanceType"}
    return {name: variant[member] for name, member in members.items() if member in variant}


def _line(variant: Json) -> str:
    if "maxConcurrency" in variant:
        runs_on = f"serverless, {variant['maxConcurrency']} at a time"
    else:
        runs_on = f"{variant.get('currentInstanceCount', '?')} × {variant.get('instanceType', 'instance')}"
    weight = variant.get("currentWeight", 1)
    return f"Variant {variant['variantName']}: {variant['modelName']} on {runs_on}, weight {weight:g}"


def _removed(scaling: Json) -> list[str]:
    """What is gone of the scaling that was there; what was deregistered and is registered again is not."""
    policies = [f"policy {policy['PolicyName']} of {policy['ResourceId']}" for policy in scaling["remove"]["policies"]]
    again = {_target(target) for target in scaling["targets"]}
    gone = [each for each in [*scaling["deregister"], *scaling["remove"]["targets"]] if _target(each) not in again]
    return [*(f"scalable target {each['ResourceId']} ({each['ScalableDimension']})" for each in gone), *policies]


def _alarms(alarms: Json) -> Json:
    """What was put and what is gone, by name."""
    put = [alarm["AlarmName"] for alarm in alarms["put"]]
    return {"changed": bool(put or alarms["remove"]), "put": put, "removed": alarms["remove"]}


def _target(body: Json) -> tuple[str, str]:
    return body["ResourceId"], body["ScalableDimension"]


def _scaling_lines(scaling: Json) -> Iterator[str]:
    if not scaling["variants"]:
        yield "The request asks for no scaling."
    yield from map(_scaling_line, scaling["variants"])
    yield from (f"Gone: {what}" for what in scaling["removed"])


def _scaling_line(scaled: Json) -> str:
    return (
        f"Variant {scaled['variantName']}: {scaled['minCapacity']} to {scaled['maxCapacity']}, "
        f"{scaled['metric']} at {scaled['targetValue']}"
    )
