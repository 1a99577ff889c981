"""Run the steps of a rollback as far as possible now."""

from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from roll_back.component_survey import CREATE, DELETE, NAME
from roll_back.steps import RollbackStep, Wait
from roll_back.undo import CLOUDWATCH, SCHEDULER
from shared import alarms, autoscaling, components, endpoints, off_hours
from shared.aws import Client, aws_errors, code_of, what_aws_said
from shared.errors import ScalingNotReady, SlipwayError
from shared.execute import Clients, is_missed, log_call, send, with_action
from shared.plan import Call

LATER_WAIT_SECONDS = 30


@dataclass
class Progress:
    """How far the steps were taken.

    Attributes
    ----------
    calls, missed : list of Call
        Calls that succeeded, and scheduled actions whose one-time schedule has passed.
    rest : tuple of RollbackStep
        Remaining steps; the first one is a wait or was refused.
    wait_seconds : int
        Seconds until the next attempt; 0 when all steps are taken.
    refused : str or None
        AWS's refusal of a call that it may accept later.
    error : Exception or None
        AWS's refusal of a call that it will never accept.
    """

    calls: list[Call] = field(default_factory=list)
    missed: list[Call] = field(default_factory=list)
    rest: tuple[RollbackStep, ...] = ()
    wait_seconds: int = 0
    refused: str | None = None
    error: Exception | None = None


class NotNowError(Exception):
    """AWS does not accept the call now; the next attempt decides whether it is still needed."""

    def __init__(self, refused: str | None = None) -> None:
        super().__init__(refused)
        self.refused = refused


def run(steps: tuple[RollbackStep, ...], clients: Clients) -> Progress:
    """Take the steps up to the first wait, or to one that AWS refuses."""
    progress = Progress()
    for number, step in enumerate(steps):
        progress.rest = steps[number:]
        if isinstance(step, Wait):
            progress.wait_seconds = step.seconds
            return progress
        try:
            taken = progress.calls if _make(step, clients) else progress.missed
            taken.append(step)
        except NotNowError as not_now:
            progress.wait_seconds, progress.refused = LATER_WAIT_SECONDS, not_now.refused
            return progress
        except (SlipwayError, ClientError) as error:
            progress.error = error
            return progress
    progress.rest = ()
    return progress


def _make(call: Call, clients: Clients) -> bool:
    """Make the call; return False if it was missed."""
    with aws_errors():
        try:
            send(with_action(call, clients), clients[call["service"]])
        except ScalingNotReady as error:
            raise NotNowError(str(error)) from error
        except ClientError as error:
            if is_missed(call, error):
                log_call(call, "missed")
                return False
            raise _meaning_of(call, error, clients["sagemaker"]) from error
    log_call(call, "done")
    return True


def _meaning_of(call: Call, error: ClientError, sagemaker: Client) -> Exception:
    """Return NotNowError for a temporary refusal, otherwise the error itself."""
    removes = call["operation"].startswith(("Delete", "Deregister"))
    if NAME in call["request"]:
        return _meaning_for_component(call, error, sagemaker)
    if call["service"] == "sagemaker":
        is_missing = removes and endpoints.is_gone(sagemaker, error, **call["request"])
        # The role can delete only tagged resources, and IAM may not see the tags of a new resource yet. AWS's own SDK
        # waits for five minutes (aws/sagemaker-python-sdk, pull requests 3662 and 4600).
        if is_missing or (removes and code_of(error) == "AccessDeniedException"):
            return NotNowError(what_aws_said(error))
        return NotNowError() if endpoints.is_in_progress(error) else error
    if call["service"] == SCHEDULER:  # another change was in the way; the next attempt reads the schedule again
        is_refused = code_of(error) in off_hours.NOT_READY
        return NotNowError(what_aws_said(error)) if is_refused else error
    if removes and code_of(error) in (autoscaling.NOT_FOUND, alarms.NOT_FOUND):  # it existed a moment ago
        return NotNowError(what_aws_said(error))
    if call["service"] == CLOUDWATCH:
        return error
    # Application Auto Scaling does not see a new target at once, and refuses calls while the endpoint changes. Its
    # permanent refusals have the same error code; only the text differs, which is not documented.
    is_refused = code_of(error) in autoscaling.REFUSED or code_of(error) == autoscaling.NOT_FOUND
    return NotNowError(what_aws_said(error)) if is_refused else error


def _meaning_for_component(call: Call, error: ClientError, sagemaker: Client) -> Exception:
    """Return the same for a call on an inference component."""
    if components.is_not_now(error):
        return NotNowError()
    request = call["request"]
    found = components.describe(sagemaker, request[NAME])
    is_creation = call["operation"] == CREATE
    # Its existence has changed since the survey, or SageMaker's answer was from before it changed.
    is_changed = (found is not None) == is_creation
    is_unseen = call["operation"] == DELETE and code_of(error) == "AccessDeniedException"  # its tags, as above
    endpoint = endpoints.describe_endpoint(sagemaker, (found or request).get("EndpointName", ""))
    is_changing = endpoint is not None and endpoint["EndpointStatus"] in endpoints.CHANGING
    return NotNowError(what_aws_said(error)) if is_changed or is_unseen or is_changing else error
