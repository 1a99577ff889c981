"""The plan: everything that an execution is going to do, decided and named before anything is changed.

A planner writes it; the state machines, the executors, the rollback and the notifications read it. It is JSON of a few
KiB. What changes AWS is in `steps`, in the order in which it happens, and nowhere else: the preview, the hash, the
notification, the execution and the rollback are views of that list.
"""

from typing import Any, Literal, NotRequired, TypedDict

Service = Literal["sagemaker", "application-autoscaling", "cloudwatch", "dynamodb"]
# What a step's state is to the deployment: SageMaker's own calls have a state each, the others one state a phase.
Phase = Literal["create", "prepare", "change", "scale", "clean up"]
Verb = Literal["create", "update", "register", "deregister", "delete"]
DeploymentAction = Literal["create", "update", "shift", "none", "join"]
RemovalAction = Literal["remove", "none"]

PREPARE: Phase = "prepare"
SCALE: Phase = "scale"
CLEAN_UP: Phase = "clean up"


class Call(TypedDict):
    """A call of an AWS API.

    Attributes
    ----------
    service, operation : str
        As botocore and the AWS CLI name the service, and the API reference the operation.
    request : dict
        Parameters of the operation.
    what : str
        The resource that it changes, and how, for people: ``scalable target … , 1 to 4``.
    """

    service: Service
    operation: str
    request: dict[str, Any]
    what: str


class Step(Call):
    """A call that the plan makes.

    Attributes
    ----------
    state : str
        The state that makes it.
    action : str
        What it does to the resource.
    undo : list of Call
        What reverts it, in order, without calls that revert an earlier step, too: the plan has each once. A rollback
        makes those calls whose effect is missing.
    """

    phase: Phase
    state: str
    action: Verb
    undo: list[Call]


class Busy(TypedDict):
    """Why it is not this execution's turn.

    Attributes
    ----------
    error, cause : str
        How the execution ends if its turn does not come.
    waitSeconds : int
        Until it is planned again; 0 if it ends now.
    """

    error: str
    cause: str
    waitSeconds: int


class Trigger(TypedDict):
    """What started the execution: ``request``, ``approval``, ``rollback`` or ``removal``."""

    kind: str
    modelPackageArn: NotRequired[str]
    modelPackageGroupName: NotRequired[str]
    eventId: NotRequired[str]
    profileName: NotRequired[str]
    deploymentId: NotRequired[str]
    startedAt: NotRequired[str]


class Turn(TypedDict):
    """What every plan says; a plan whose `busy` is not None says no more.

    Attributes
    ----------
    endpointName : str
        In the case of the endpoint's creation, which InvokeEndpoint compares.
    startedAt, turnSince, deadlineAt : str
        ISO 8601. The deadline counts from the turn.
    requestHash : str
        The same for two executions that ask for the same.
    report : dict
        The output of a dry run.
    """

    action: str
    endpointName: str
    executionArn: str
    startedAt: str
    turnSince: str
    deadlineAt: str
    requestHash: str
    trigger: Trigger
    dryRun: bool
    busy: Busy | None
    report: NotRequired[dict[str, Any]]


class Planned(Turn):
    """What a plan of a deployment and of a removal have in common.

    Attributes
    ----------
    steps : list of Step
        In the order of execution.
    planHash : str
        Of everything that is decided: the same plan has the same hash, whenever and by whomever it is made.
    exists : dict
        What there is of the endpoint before.
    """

    steps: list[Step]
    planHash: str
    exists: dict[str, Any]
    warnings: list[str]


class Guardrails(TypedDict):
    """How SageMaker shifts the traffic of an update."""

    strategy: str
    waitSeconds: int


class Previous(TypedDict):
    """The live endpoint before an update or a shift of traffic.

    Attributes
    ----------
    weights : dict of str to float
        By variant name.
    scaling : list of Call
        What registers the scaling that no step changes.
    """

    endpointConfigName: str
    weights: dict[str, float]
    scaling: list[Call]


class ScaledVariant(TypedDict):
    """How a variant scales."""

    variantName: str
    resourceId: str
    scalableDimension: str
    policyName: str
    minCapacity: int
    maxCapacity: int
    metric: str
    targetValue: float


class DeploymentPlan(Planned):
    """The plan of a deployment.

    Attributes
    ----------
    request : dict
        What can be asked for again: the request or the profile, without what belongs to one execution only.
    variants : list of dict
        Of each production variant: ``variantName``, ``modelName``, ``instanceType`` where it has them.
    model : dict or None
        CreateModel's request without tags, of the model that Slipway creates from an approved package.
    weights : dict of str to float
        By variant name.
    guardrails : Guardrails or None
        None where nothing is updated.
    firstLookSeconds : int
        The shortest plausible time until the endpoint is in service.
    alarmPrefix : str
        Beginning of the names of the alarms that Slipway creates for the endpoint.
    differences : list of str
        What of the live endpoint is not as asked, and is preserved.
    """

    onFailure: str
    request: dict[str, Any]
    endpointArn: str
    endpointConfigName: str
    previousEndpointConfigName: str | None
    previous: Previous | None
    variants: list[dict[str, Any]]
    model: dict[str, Any] | None
    modelNames: list[str]
    weights: dict[str, float]
    guardrails: Guardrails | None
    firstLookSeconds: int
    scaling: list[ScaledVariant]
    alarmPrefix: str
    differences: list[str]


class RemovalPlan(Planned):
    """The plan of a removal.

    Attributes
    ----------
    endpointStatus : str or None
        None where there is no endpoint.
    deletesRecords : bool
        Whether the history goes, too.
    """

    endpointStatus: str | None
    deletesRecords: bool


def steps_of(plan: Planned, phase: Phase) -> list[Step]:
    """Steps of one phase, in order."""
    return [step for step in plan["steps"] if step["phase"] == phase]


def step_for(plan: Planned, operation: str) -> Step | None:
    """The first step that makes this call; None if the plan does not make it."""
    return next((step for step in plan["steps"] if step["operation"] == operation), None)
