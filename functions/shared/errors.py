"""The closed list of errors: how an execution can fail, and what to do.

Step Functions shows the class name as `Error` and the message as `Cause`; docs/errors.md and notifications use the
same names.

    SlipwayError
    ├── before anything was changed: InvalidRequest, ProfileNotFound, ProfileInvalid, ModelNotFound, EndpointBusy,
    │                                Superseded, EndpointNotUpdatable, EndpointNotOwned, PlanOutdated,
    │                                NoFormerDeployment
    ├── while deploying:             QuotaExceeded, RequestRefused, CreateFailed, UpdateFailed, UpdateRolledBack,
    │                                UpdateRollbackFailed, ComponentFailed, ScalingFailed,
    │                                VerificationFailed, DeadlineExceeded
    ├── in the rollback or message:  RollbackFailed, NotificationFailed
    ├── from outside:                ExecutionStopped, ExecutionTimedOut, ExecutionRedriven
    └── anywhere:                    AccessDenied, ServiceUnavailable, InternalError
    ScalingNotReady                  not in the list: the state machine retries, then it is a ScalingFailed
"""

from typing import ClassVar


class SlipwayError(Exception):
    """Error of an execution; its message says what happened.

    Attributes
    ----------
    remedy : str
        What to do, whatever the particulars.
    """

    remedy: ClassVar[str] = ""


class InvalidRequest(SlipwayError):
    """The request violates its schema or a rule across fields; the cause lists every fault."""

    remedy = "Fix the listed fields and start again. Nothing was changed."


class ProfileNotFound(SlipwayError):
    """A model was approved, but its group has no deployment profile, so it is not deployed."""

    remedy = "Write a profile for the group if its models should be deployed. Nothing was changed."


class ProfileInvalid(SlipwayError):
    """The deployment profile of the group is not a valid request."""

    remedy = "Fix the profile and start again with the approval event as input. Nothing was changed."


class ModelNotFound(SlipwayError):
    """The request names SageMaker models that do not exist."""

    remedy = "Create the models or correct their names, and start again. Nothing was changed."


class EndpointBusy(SlipwayError):
    """Another execution, user or tool is changing the endpoint."""

    remedy = "Wait until the endpoint is InService, and start again."


class Superseded(SlipwayError):
    """A newer approval of the same model package group is deployed instead."""

    remedy = "No action is needed. To deploy the older version after all, approve it again. Nothing was changed."


class EndpointNotUpdatable(SlipwayError):
    """SageMaker cannot update the endpoint in its current status."""

    remedy = "Do what is described above, and start again. Nothing was changed."


class EndpointNotOwned(SlipwayError):
    """Slipway did not create the endpoint, or something of it, so the stack cannot delete it."""

    remedy = "Do what the cause describes, and start again. Nothing was changed."


class PlanOutdated(SlipwayError):
    """The plan has changed since the dry run whose hash is in the request."""

    remedy = "Read the new plan above. If you agree, start again with its hash as planHash. Nothing was changed."


class NoFormerDeployment(SlipwayError):
    """There is no deployment to restore, or the deployment before the live one is unknown."""

    remedy = "Name one of the deployments above in rollbackTo, or send a whole request. Nothing was changed."


class QuotaExceeded(SlipwayError):
    """A quota of the account is too low."""

    remedy = "Request a higher quota in Service Quotas, or use fewer or other instances, and start again."


class AccessDenied(SlipwayError):
    """A role of the stack lacks a permission."""

    remedy = (
        "Grant the permission that is named above. A service control policy or a permissions boundary can also deny it."
    )


class RequestRefused(SlipwayError):
    """SageMaker refused a request."""

    remedy = (
        "Correct the field or setting that SageMaker names, and start again. The refused operation started no "
        "container, so there is no log to read."
    )


class CreateFailed(SlipwayError):
    """SageMaker could not create the endpoint."""

    remedy = (
        "See the reason above and the container logs in /aws/sagemaker/Endpoints/<endpoint>. "
        "Fix the problem and start again."
    )


class UpdateFailed(SlipwayError):
    """The update left the endpoint in a status in which it serves no traffic."""

    remedy = (
        "See the reason above and the container logs in /aws/sagemaker/Endpoints/<endpoint>. "
        "Fix the problem and start again."
    )


class UpdateRolledBack(SlipwayError):
    """SageMaker rolled back the update; the previous config is live."""

    remedy = (
        "See the reason above and the container logs in /aws/sagemaker/Endpoints/<endpoint>. "
        "Fix the problem and start again."
    )


class UpdateRollbackFailed(SlipwayError):
    """The SageMaker rollback of the update failed: a mix of the old and the new config is live."""

    remedy = "Check the endpoint now: it serves old and new models side by side. Then contact AWS Support."


class ComponentFailed(SlipwayError):
    """SageMaker could not create, update, scale or delete an inference component."""

    remedy = "See the reason and the container logs that are named above. Fix the problem and start again."


class ScalingFailed(SlipwayError):
    """AWS refused to register or deregister a scalable target, a policy or a schedule."""

    remedy = "Fix the scaling or the schedule that is named above, and start again."


class VerificationFailed(SlipwayError):
    """The endpoint is in service, but its answer to a test is not as expected."""

    remedy = (
        "Fix the model, its code or the expectations of the test, and start again. The container logs are in "
        "/aws/sagemaker/Endpoints/<endpoint>."
    )


class DeadlineExceeded(SlipwayError):
    """The endpoint was not in service and tested (or, in a removal, not gone) at the deadline of the request."""

    remedy = "Find out what delays the endpoint. If it only needs more time, raise deadlineSeconds. Then start again."


class RollbackFailed(SlipwayError):
    """The deployment failed, and so did its rollback: the previous state is not fully restored."""

    remedy = "Check the current state above, and run the commands above in their order."


class NotificationFailed(SlipwayError):
    """The outcome of the execution is in the cause; its notification could not be sent."""

    remedy = "Check the notification topics, their KMS key and their policies."


class ExecutionStopped(SlipwayError):
    """The execution was stopped."""

    remedy = "Start the same request again: it continues from the current state."


class ExecutionTimedOut(SlipwayError):
    """The execution reached its time limit."""

    remedy = "Find the state that did not end, and start the same request again: it continues from the current state."


class ExecutionRedriven(SlipwayError):
    """The execution was redriven. It changed nothing, because it no longer has its turn."""

    remedy = "Start the same request again: it continues from the current state."


class ServiceUnavailable(SlipwayError):
    """AWS throttled a call or failed, even after all retries."""

    remedy = "Start again later. The AWS Health Dashboard shows outages."


class InternalError(SlipwayError):
    """A bug in Slipway, or a response from AWS that it does not know."""

    remedy = "Report it with the history of the execution. Starting again may help."


class ScalingNotReady(Exception):
    """Application Auto Scaling does not know a new endpoint yet; the state machine retries."""


ERRORS: tuple[type[SlipwayError], ...] = tuple(SlipwayError.__subclasses__())
BY_NAME: dict[str, type[SlipwayError]] = {error.__name__: error for error in ERRORS}
