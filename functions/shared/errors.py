"""The closed list of endings: how a deployment can fail, and what a person does about it.

Step Functions shows the class name as `Error` and the message as `Cause`; README and notifications use the same names.

    Ending
    ├── before anything was changed: InvalidRequest, ProfileNotFound, ProfileInvalid, ModelNotFound, EndpointBusy,
    │                                Superseded, EndpointNotUpdatable, EndpointNotOwned, PlanOutdated,
    │                                NoFormerDeployment
    ├── while deploying:             QuotaExceeded, RequestRefused, CreateFailed, UpdateFailed, UpdateRolledBack,
    │                                UpdateRollbackFailed, ScalingFailed, DeadlineExceeded
    ├── on the way back, or telling: RollbackFailed, NotificationFailed
    ├── from outside:                ExecutionStopped, ExecutionTimedOut
    └── anywhere:                    AccessDenied, ServiceUnavailable, InternalError
    ScalingNotReady                  no ending: the state machine tries again, then it is a ScalingFailed
"""

from typing import ClassVar


class Ending(Exception):
    """How a deployment ended; the message says what happened, for the person who reads it.

    Attributes
    ----------
    remedy : str
        What to do about it, whatever the particulars.
    """

    remedy: ClassVar[str] = ""


class InvalidRequest(Ending):
    """The request breaks its schema or a rule across its fields; every fault is named at once."""

    remedy = "Mend the fields that are named, then start again. Nothing was changed."


class ProfileNotFound(Ending):
    """A model was approved, but its group has no deployment profile, so nothing is deployed."""

    remedy = "Write a profile for the group if its models are to be deployed. Nothing was changed."


class ProfileInvalid(Ending):
    """The group's deployment profile is no valid request."""

    remedy = "Mend the profile, then start again with the approval event as input. Nothing was changed."


class ModelNotFound(Ending):
    """The request names SageMaker models that do not exist."""

    remedy = "Create the models, or correct their names, then start again. Nothing was changed."


class EndpointBusy(Ending):
    """Something else is changing the endpoint."""

    remedy = "Wait until the endpoint is InService, then start again."


class Superseded(Ending):
    """A newer approval of the same model package group is deployed instead of this one."""

    remedy = "No action is needed. To deploy the older version after all, approve it again. Nothing was changed."


class EndpointNotUpdatable(Ending):
    """The endpoint is in a status that SageMaker lets nobody update."""

    remedy = "Repair or delete the endpoint as the cause says, then start again. Nothing was changed."


class EndpointNotOwned(Ending):
    """Slipway did not create the endpoint, so the stack may not delete it."""

    remedy = "Tag the endpoint or delete it yourself, as the cause says, then start again. Nothing was changed."


class PlanOutdated(Ending):
    """The plan that the request asks for is not what would be done now."""

    remedy = "Read the plan of now; if it is right, start again with its hash as planHash. Nothing was changed."


class NoFormerDeployment(Ending):
    """A rollback has no deployment to go back to, or it is not clear to which."""

    remedy = "Name one of the deployments in the cause with rollbackTo, or send a whole request. Nothing was changed."


class QuotaExceeded(Ending):
    """A quota of the account does not allow it."""

    remedy = "Ask for the quota in Service Quotas, or ask for fewer or other instances, then start again."


class AccessDenied(Ending):
    """A role of the stack may not do what is needed."""

    remedy = "Grant what the cause names; a service control policy or a permissions boundary may deny it, too."


class RequestRefused(Ending):
    """SageMaker refused a request: it does not allow what was asked for."""

    remedy = (
        "Correct what SageMaker names, in the request or in the account, then start again. The refused operation "
        "started no container, so there is no log to read."
    )


class CreateFailed(Ending):
    """SageMaker could not create the endpoint."""

    remedy = "Read the reason, and the model containers' log in /aws/sagemaker/Endpoints/<endpoint>; then start again."


class UpdateFailed(Ending):
    """The update left the endpoint in a status that serves nobody."""

    remedy = "Read the reason, and the model containers' log in /aws/sagemaker/Endpoints/<endpoint>; then start again."


class UpdateRolledBack(Ending):
    """SageMaker gave the update up; the previous config serves."""

    remedy = "Read the reason, and the model containers' log in /aws/sagemaker/Endpoints/<endpoint>; then start again."


class UpdateRollbackFailed(Ending):
    """SageMaker could not roll the update back: a mix of the old and the new config is live."""

    remedy = "Check the endpoint now: it serves old and new models side by side. Then contact AWS Support."


class ScalingFailed(Ending):
    """Application Auto Scaling refused a scalable target or a policy, or to let go of one."""

    remedy = "Mend the scaling that the cause names, then start again."


class DeadlineExceeded(Ending):
    """The endpoint was not in service, or for a removal not gone, when the request's deadline passed."""

    remedy = "Look at what keeps the endpoint, raise deadlineSeconds if it only needs longer, then start again."


class RollbackFailed(Ending):
    """The deployment failed, and so did the way back: not everything is as it was before."""

    remedy = "Read in the cause how things are, then finish the way back with its commands, in their order."


class NotificationFailed(Ending):
    """The deployment ended as the cause says, but the notification could not be sent."""

    remedy = "Check the notification topics, their KMS key and their policies."


class ExecutionStopped(Ending):
    """The execution was stopped before its end."""

    remedy = "Start the same request again: it continues from what exists."


class ExecutionTimedOut(Ending):
    """The execution took longer than any execution may."""

    remedy = "Find the state that did not end, then start the same request again: it continues from what exists."


class ServiceUnavailable(Ending):
    """AWS kept throttling or failing after all retries."""

    remedy = "Start again later; the AWS Health Dashboard says whether the service is ill."


class InternalError(Ending):
    """A fault of Slipway itself."""

    remedy = "Report it with the execution's history; starting again may help."


class ScalingNotReady(Exception):
    """Application Auto Scaling does not see yet what was made a moment ago; worth trying again."""


ENDINGS: tuple[type[Ending], ...] = tuple(Ending.__subclasses__())
BY_NAME: dict[str, type[Ending]] = {ending.__name__: ending for ending in ENDINGS}
