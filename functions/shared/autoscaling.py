"""What Application Auto Scaling's refusals mean for a deployment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from shared.aws import Json, code_of, what_aws_said
from shared.errors import ScalingFailed, ScalingNotReady

# A scalable target registered a moment ago may not be seen yet (Application Auto Scaling API reference,
# RegisterScalableTarget); two changes of one target at a time meet in ConcurrentUpdateException.
NOT_FOUND = "ObjectNotFoundException"
NOT_READY = frozenset({"ConcurrentUpdateException", NOT_FOUND})
REFUSED = frozenset({"FailedResourceAccessException", "ValidationException"})


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


def remove(operation: Callable[..., object], body: Json) -> None:
    """Call an operation that removes something of a resource; what is not there is done.

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
            if code_of(error) != NOT_FOUND:
                raise
