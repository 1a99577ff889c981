"""Whether the role of a model may read its artifacts, as far as IAM's simulator can tell.

The simulator knows the policies of the role, not those of the bucket or of a KMS key (IAM user guide, Testing IAM
policies with the IAM policy simulator).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from plan_deployment.models.findings import Findings, ModelFaultError
from shared.aws import Client, code_of, what_aws_said

READ, LIST = "s3:GetObject", "s3:ListBucket"
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True)
class Permission:
    """A permission that the role of a model needs, to read an artifact.

    Attributes
    ----------
    action : str
        IAM's name of it, such as ``s3:GetObject``.
    resource : str
        ARN of the object or the bucket.
    """

    action: str
    resource: str


def require_access(
    iam: Client, role_arn: str, permissions: Iterable[Permission], pointer: str, findings: Findings
) -> None:
    """Check that the role has each permission; add a warning where only another policy can allow it.

    Parameters
    ----------
    pointer : str
        JSON pointer of the model.

    Raises
    ------
    ModelFaultError
        If there is no such role, or one of its policies denies a permission.
    """
    needed: dict[str, list[str]] = {}
    for permission in permissions:
        needed.setdefault(permission.action, []).append(permission.resource)
    for action, resources in needed.items():
        for resource, decision in _decisions(iam, role_arn, action, resources, pointer, findings):
            if decision == "explicitDeny":
                problem = f"a policy denies the role {role_arn} {action} on {resource}"
                remedy = "Change the policy, or name another role in ExecutionRoleArn"
                raise ModelFaultError(pointer, problem, remedy)
            if decision != "allowed":
                findings.warnings.append(
                    f"{pointer}: no policy of the role {role_arn} allows {action} on {resource}. The deployment fails "
                    "unless the policy of the bucket allows it."
                )


def _decisions(
    iam: Client, role_arn: str, action: str, resources: list[str], pointer: str, findings: Findings
) -> list[tuple[str, str]]:
    """Return each resource with the simulator's decision; nothing, with a warning, if Slipway cannot ask for it."""
    try:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=sorted(set(resources))
        )
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            raise ModelFaultError(pointer, f"there is no role {role_arn}", "Correct ExecutionRoleArn") from error
        if code_of(error) not in DENIED:
            raise
        findings.warnings.append(
            f"{pointer}: could not check that the role {role_arn} may read the artifact: {what_aws_said(error)}"
        )
        return []
    (result,) = answer["EvaluationResults"]
    # Optional (IAM API reference, EvaluationResult); without them, the decision is that of all resources.
    specific = result.get("ResourceSpecificResults", [])
    decisions = [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in specific]
    return decisions or [(", ".join(resources), result["EvalDecision"])]
