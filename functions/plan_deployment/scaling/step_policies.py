"""Step policies that a change must not delete, because alarms that are not Slipway's trigger them.

A policy that is put again has another ARN, so such an alarm would trigger nothing (Application Auto Scaling user guide,
step scaling). Slipway changes no alarm that it did not create.
"""

from collections.abc import Callable, Iterator

from plan_deployment.scaling.changes import Change, Comparison, is_component
from shared.autoscaling import variant_name
from shared.aws import Json
from shared.planning.faults import Fault


def external_policy_faults(comparison: Comparison) -> Iterator[Fault]:
    """Yield a fault for each external step policy on a target that has to be deregistered."""
    for target in filter(comparison.is_deregistered, comparison.snapshot.targets):
        for policy in comparison.snapshot.on(target).policies:
            if policy["PolicyType"] == "StepScaling" and not comparison.is_own(policy):
                problem = (
                    f"{_resource(target)} must be deregistered from scaling for this change. "
                    f"That deletes its step policy {policy['PolicyName']}, and the alarms that trigger the policy "
                    "would have no target"
                )
                remedy = f"If the policy can go, delete it first: {_deletion_command(policy)}"
                yield Fault(_pointer(comparison, target), problem, remedy)


def external_alarm_faults(
    comparison: Comparison, change: Change, external_alarms: Callable[[str], list[str]]
) -> Iterator[Fault]:
    """Yield a fault for each external alarm that triggers a step policy of Slipway that the change deletes.

    Parameters
    ----------
    external_alarms : callable
        Returns the names of the alarms that trigger the policy with an ARN, without those that Slipway created.
    """
    deleted = [policy for policy in change.deleted_policies(comparison.snapshot) if comparison.is_own(policy)]
    for arn, policy in comparison.snapshot.policy_arns.items():
        if policy not in deleted or policy["PolicyType"] != "StepScaling":
            continue
        for name in external_alarms(arn):
            problem = (
                f"this change deletes step policy {policy['PolicyName']} of {_resource(policy)}, and alarm {name}, "
                "which Slipway did not create, triggers it"
            )
            remedy = (
                "Remove the policy from the alarm's actions; if the deployment puts the policy again, add its new ARN "
                f"afterwards. If the alarm can go: aws cloudwatch delete-alarms --alarm-names {name}"
            )
            yield Fault(_pointer(comparison, policy), problem, remedy)


def _resource(body: Json) -> str:
    kind = "inference component" if is_component(body) else "variant"
    return f"{kind} {variant_name(body['ResourceId'])}"


def _pointer(comparison: Comparison, body: Json) -> str:
    if is_component(body):
        return "/inferenceComponents"
    names = [variant["VariantName"] for variant in comparison.after["ProductionVariants"]]
    name = variant_name(body["ResourceId"])
    return f"/productionVariants/{names.index(name)}" if name in names else "/productionVariants"


def _deletion_command(policy: Json) -> str:
    return (
        f"aws application-autoscaling delete-scaling-policy --service-namespace {policy['ServiceNamespace']} "
        f"--resource-id {policy['ResourceId']} --scalable-dimension {policy['ScalableDimension']} "
        f"--policy-name {policy['PolicyName']}"
    )
