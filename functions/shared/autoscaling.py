"""Application Auto Scaling: names of variants, and what its refusals mean."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import ScalingFailed, ScalingNotReady

NAMESPACE = "sagemaker"
COPY_COUNT = "sagemaker:inference-component:DesiredCopyCount"
# Beginning of the resource ids of inference components.
OF_COMPONENTS = "inference-component/"
NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}

# Members of a scheduled action in a request, and in Application Auto Scaling's form.
SCHEDULE_MEMBERS = {"schedule": "Schedule", "timeZone": "Timezone", "startTime": "StartTime", "endTime": "EndTime"}

# A scalable target may not be found right after its registration (Application Auto Scaling API reference,
# RegisterScalableTarget); two changes of one target at a time end in ConcurrentUpdateException.
NOT_FOUND = "ObjectNotFoundException"
NOT_READY = frozenset({"ConcurrentUpdateException", NOT_FOUND})
REFUSED = frozenset({"FailedResourceAccessException", "ValidationException"})


def resource_id(endpoint_name: str, variant_name: str) -> str:
    """Resource id of a variant."""
    return f"endpoint/{endpoint_name}/variant/{variant_name}"


def component_id(name: str) -> str:
    """Resource id of an inference component."""
    return f"{OF_COMPONENTS}{name}"


def is_of_component(resource_id: str) -> bool:
    """Whether a resource id is that of an inference component."""
    return resource_id.startswith(OF_COMPONENTS)


def variant_name(resource_id: str) -> str:
    """Variant of a resource id."""
    return resource_id.rpartition("/")[2]


@contextmanager
def scaling_errors(
    what: str, not_ready: Collection[str] = NOT_READY, refused: Collection[str] = REFUSED
) -> Iterator[None]:
    """Raise the refusals of a service in the body as errors of the deployment.

    Parameters
    ----------
    what : str
        The subject of the message, such as a resource id.
    not_ready, refused : collection of str
        Codes after which a retry can succeed, and cannot; by default those of Application Auto Scaling.

    Raises
    ------
    ScalingNotReady
        If a retry can succeed.
    ScalingFailed
        If it cannot.
    """
    try:
        yield
    except ClientError as error:
        text = f"{what}: {what_aws_said(error)}"
        if code_of(error) in not_ready:
            raise ScalingNotReady(text) from error
        if code_of(error) in refused:
            raise ScalingFailed(text) from error
        raise


def remove(send: Callable[[], object], request: Json, is_there: Callable[[], bool]) -> bool:
    """Make a call that removes something; return whether there was something to remove.

    Parameters
    ----------
    request : Json
        The call's request.
    is_there : callable
        Checks what Application Auto Scaling does not find: a new resource may not be found yet.

    Raises
    ------
    ScalingNotReady
        If a retry can succeed.
    ScalingFailed
        If it cannot.
    """
    with scaling_errors(request["ResourceId"]):
        try:
            send()
        except ClientError as error:
            if code_of(error) != NOT_FOUND or is_there():
                raise
            return False
    return True


def has_target(autoscaling: Client, request: Json) -> bool:
    """Whether the scalable target of a request is registered."""
    found = autoscaling.describe_scalable_targets(
        ServiceNamespace=request["ServiceNamespace"],
        ResourceIds=[request["ResourceId"]],
        ScalableDimension=request["ScalableDimension"],
    )
    return bool(found["ScalableTargets"])


def has_policy(autoscaling: Client, request: Json) -> bool:
    """Whether the policy of a request exists."""
    return bool(_policies(autoscaling, request))


def has_scheduled_action(autoscaling: Client, request: Json) -> bool:
    """Whether the scheduled action of a request exists."""
    found = autoscaling.describe_scheduled_actions(
        ServiceNamespace=request["ServiceNamespace"],
        ResourceId=request["ResourceId"],
        ScalableDimension=request["ScalableDimension"],
        ScheduledActionNames=[request["ScheduledActionName"]],
    )
    return bool(found["ScheduledActions"])


def policy_arn(autoscaling: Client, policy: Json) -> str:
    """Return the ARN of a policy that was put before.

    Parameters
    ----------
    policy : Json
        Its identity: ServiceNamespace, ResourceId, ScalableDimension, PolicyName.

    Raises
    ------
    ScalingNotReady
        If Application Auto Scaling does not find it (yet).
    """
    found = _policies(autoscaling, policy)
    if not found:
        raise ScalingNotReady(f"{policy['ResourceId']}: policy {policy['PolicyName']} is not found yet.")
    return str(found[0]["PolicyARN"])


def _policies(autoscaling: Client, request: Json) -> list[Json]:
    found = autoscaling.describe_scaling_policies(
        ServiceNamespace=request["ServiceNamespace"],
        ResourceId=request["ResourceId"],
        ScalableDimension=request["ScalableDimension"],
        PolicyNames=[request["PolicyName"]],
    )
    policies: list[Json] = found["ScalingPolicies"]
    return policies
