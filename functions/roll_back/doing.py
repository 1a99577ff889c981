"""Takes steps, as far as that goes now."""

from dataclasses import dataclass, field

from botocore import xform_name
from botocore.exceptions import ClientError

from roll_back.steps import AUTOSCALING, CLOUDWATCH, SAGEMAKER, Call, Step, Wait
from shared import endpoints
from shared.alarms import NOT_FOUND
from shared.autoscaling import NOT_READY, REFUSED
from shared.aws import Client, aws_errors, code_of, what_aws_said
from shared.errors import Ending

LATER_WAIT_SECONDS = 30


@dataclass(frozen=True)
class Services:
    """The clients that the way back needs."""

    sagemaker: Client
    autoscaling: Client
    cloudwatch: Client


@dataclass
class Taken:
    """How far it went.

    Attributes
    ----------
    calls : list of Call
        Those that AWS took.
    rest : tuple of Step
        Those that are left, a wait or one that was not taken first.
    wait_seconds : int
        Until the next look; 0 when all steps are taken.
    refused : str or None
        What Application Auto Scaling said when it refused; it may take the same later.
    error : Exception or None
        What AWS answered to the first of the rest, as what it means for a deployment.
    """

    calls: list[Call] = field(default_factory=list)
    rest: tuple[Step, ...] = ()
    wait_seconds: int = 0
    refused: str | None = None
    error: Exception | None = None


class NotNowError(Exception):
    """AWS does not take the step now; the next look tells whether it still has to be taken."""

    def __init__(self, refused: str | None = None) -> None:
        super().__init__(refused)
        self.refused = refused


def take(steps: tuple[Step, ...], services: Services) -> Taken:
    """Take the steps up to the first wait, or to one that AWS does not take."""
    calls: list[Call] = []
    for number, step in enumerate(steps):
        rest = steps[number:]
        if isinstance(step, Wait):
            return Taken(calls, rest, step.seconds)
        try:
            _make(step, services)
            calls.append(step)
        except NotNowError as not_now:
            return Taken(calls, rest, LATER_WAIT_SECONDS, not_now.refused)
        except (Ending, ClientError) as error:
            return Taken(calls, rest, error=error)
    return Taken(calls)


def _make(call: Call, services: Services) -> None:
    client = {
        SAGEMAKER: services.sagemaker,
        AUTOSCALING: services.autoscaling,
        CLOUDWATCH: services.cloudwatch,
    }[call.service]
    with aws_errors():
        try:
            getattr(client, xform_name(call.operation))(**call.parameters)
        except ClientError as error:
            raise _judged(call, error, services.sagemaker) from error


def _judged(call: Call, error: ClientError, sagemaker: Client) -> Exception:
    """What the refusal means: that the next look tells, or the error itself."""
    removes = call.operation.startswith(("Delete", "Deregister"))
    if call.service == SAGEMAKER:
        is_missing = removes and endpoints.is_gone(sagemaker, error, **call.parameters)
    else:
        is_missing = removes and code_of(error) in ("ObjectNotFoundException", NOT_FOUND)
    if is_missing:  # a moment ago it was there: somebody was quicker, or AWS is not of one mind
        return NotNowError(what_aws_said(error))
    # IAM may not see the tags yet of what was created a moment ago, and the role may only delete what is tagged. AWS's
    # own SDK waits for five minutes (aws/sagemaker-python-sdk, pull requests 3662 and 4600).
    if removes and code_of(error) == "AccessDeniedException" and call.service == SAGEMAKER:
        return NotNowError(what_aws_said(error))
    if call.service == SAGEMAKER:
        return NotNowError() if endpoints.is_in_progress(error) else error
    if call.service == CLOUDWATCH:
        return error
    # Application Auto Scaling sees a target a little later than it is registered, and refuses while the endpoint
    # changes; its text is all that tells that from a refusal for good, and the text is not documented.
    if code_of(error) in REFUSED or (code_of(error) in NOT_READY and code_of(error) != "ConcurrentUpdateException"):
        return NotNowError(what_aws_said(error))
    return error
