"""What Application Auto Scaling calls a variant, and what its refusals mean for a deployment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import ScalingFailed, ScalingNotReady

NAMESPACE = "sagemaker"
NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}

# A scalable target registered a moment ago may not be seen yet (Application Auto Scaling API reference,
# RegisterScalableTarget); two changes of one target at a time meet in ConcurrentUpdateException.
NOT_FOUND = "ObjectNotFoundException"
NOT_READY = frozenset({"ConcurrentUpdateException", NOT_FOUND})
REFUSED = frozenset({"FailedResourceAccessException", "ValidationException"})


def resource_id(endpoint_name: str, variant_name: str) -> str:
    """The variant's resource id."""
    return f"endpoint/{endpoint_name}/variant/{variant_name}"


def variant_name(resource_id: str) -> str:
    """The variant of a resource id."""
    return resource_id.rpartition("/")[2]


@contextmanager
def scaling_errors(resource_id: str) -> Iterator[None]:
    """Raise what Application Auto Scaling raises in the body as what it means for the resource.

    Raises
    ------
    ScalingNotReady
        When trying again is worth it.
    ScalingFailed
        When it is not.
    """
    try:
        yield
    except ClientError as error:
        said = f"{resource_id}: {what_aws_said(error)}"
        if code_of(error) in NOT_READY:
            raise ScalingNotReady(said) from error
        if code_of(error) in REFUSED:
            raise ScalingFailed(said) from error
        raise


def remove(operation: Callable[..., object], body: Json, is_there: Callable[[], bool]) -> None:
    """Call an operation that removes something of a resource; what is not there is done.

    Parameters
    ----------
    is_there : callable
        Looks again where Application Auto Scaling does not find it: what was made a moment ago it may not see yet.

    Raises
    ------
    ScalingNotReady
        When trying again is worth it.
    ScalingFailed
        When it is not.
    """
    with scaling_errors(body["ResourceId"]):
        try:
            operation(**body)
        except ClientError as error:
            if code_of(error) != NOT_FOUND or is_there():
                raise


def has_target(autoscaling: Client, target: Json) -> bool:
    """Whether the scalable target, named by the body of an operation on it, is registered."""
    found = autoscaling.describe_scalable_targets(
        ServiceNamespace=target["ServiceNamespace"],
        ResourceIds=[target["ResourceId"]],
        ScalableDimension=target["ScalableDimension"],
    )
    return bool(found["ScalableTargets"])


def has_policy(autoscaling: Client, policy: Json) -> bool:
    """Whether the policy, named by the body of DeleteScalingPolicy, is there."""
    found = autoscaling.describe_scaling_policies(
        ServiceNamespace=policy["ServiceNamespace"],
        ResourceId=policy["ResourceId"],
        ScalableDimension=policy["ScalableDimension"],
        PolicyNames=[policy["PolicyName"]],
    )
    return bool(found["ScalingPolicies"])
