"""The plan: everything that an execution is going to do, decided and named before anything is changed.

A planner writes the plan; the state machines, the executors, the rollback and the notifications read it. It is JSON of
a few KiB. Every call that changes AWS is in `steps`, in order: the preview, the hash, the notification, the execution
and the rollback are views of that list.
"""

from typing import Any, Literal, NotRequired, TypedDict

from shared.endpoint_tests import PlannedTest

Service = Literal["sagemaker", "application-autoscaling", "cloudwatch", "dynamodb", "scheduler"]
# Part of an execution. Each SageMaker call has a state of its own; the other calls of a phase share one.
Phase = Literal["create", "prepare", "change", "components", "scale", "clean up"]
Verb = Literal["create", "update", "register", "deregister", "delete"]
DeploymentAction = Literal["create", "update", "shift", "none", "join"]

# Member of an execution's input that only schedules send.
SCHEDULED = "scheduled"
PREPARE: Phase = "prepare"
COMPONENTS: Phase = "components"
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
        Changed resource, for people: ``scalable target … , 1 to 4``.
    policy : dict
        Only of PutMetricAlarm: identity of the scaling policy that the alarm triggers (ServiceNamespace, ResourceId,
        ScalableDimension, PolicyName). Its ARN is known when the policy exists, and is added to AlarmActions then.
    """

    service: Service
    operation: str
    request: dict[str, Any]
    what: str
    policy: NotRequired[dict[str, str]]


class Step(Call):
    """A call that the plan makes.

    Attributes
    ----------
    state : str
        State that makes the call.
    action : str
        Effect on the resource.
    undo : list of Call
        Calls that revert the step, in order. The plan has each call once: a call that also reverts an earlier step is
        only there. A rollback makes those calls whose effect is missing.
    """

    phase: Phase
    state: str
    action: Verb
    undo: list[Call]


class Busy(TypedDict):
    """Reason why it is not this execution's turn.

    Attributes
    ----------
    error, cause : str
        Error and cause of the execution if its turn does not come.
    waitSeconds : int
        Seconds until the planner is called again; 0 if the execution ends now.
    """

    error: str
    cause: str
    waitSeconds: int


class Trigger(TypedDict):
    """The trigger of the execution: ``request``, ``approval``, ``rollback``, ``removal`` or ``schedule``.

    Attributes
    ----------
    deploymentId, startedAt : str
        The deployment that a rollback restores, or that a schedule removes or brings back.
    wants, scheduledTime, awaySince : str
        Of a schedule: ``up`` or ``away``, when it was due, and when a schedule removed the endpoint; ISO 8601.
    """

    kind: str
    modelPackageArn: NotRequired[str]
    modelPackageGroupName: NotRequired[str]
    eventId: NotRequired[str]
    profileName: NotRequired[str]
    deploymentId: NotRequired[str]
    startedAt: NotRequired[str]
    wants: NotRequired[str]
    scheduledTime: NotRequired[str]
    awaySince: NotRequired[str]


class AnyPlan(TypedDict):
    """Members of every plan; a plan whose `busy` is not None has no others.

    Attributes
    ----------
    endpointName : str
        Spelled as when the endpoint was created: InvokeEndpoint is case-sensitive.
    startedAt, turnSince, deadlineAt : str
        ISO 8601. The deadline counts from `turnSince`, when the execution got the lock.
    requestHash : str
        Equal for executions with equal requests.
    report : dict
        The output of an execution that ends with its plan: a dry run, or a schedule with nothing to do.
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


class PlanWithSteps(AnyPlan):
    """Common members of the plans of deployments and removals.

    Attributes
    ----------
    steps : list of Step
        In the order of execution.
    planHash : str
        Hash of all decisions. Equal plans have equal hashes in all executions and at all times.
    exists : dict
        Existing resources of the endpoint before the change.
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
        Calls that register again the scaling that no step changes, and put its alarms, without those in `inEffect`.
    """

    endpointConfigName: str
    weights: dict[str, float]
    scaling: list[Call]


class ScalingPolicy(TypedDict):
    """A scaling policy; `targetValue` is that of target tracking."""

    policyName: str
    policyType: str
    metric: str
    targetValue: NotRequired[float]


class ScaledResource(TypedDict):
    """How a variant or an inference component scales.

    Attributes
    ----------
    minCapacity, maxCapacity : int
        Bounds at the time of the plan; a scheduled action can change them later.
    scheduledActions : list of str
        Names of the scheduled actions.
    sentence : str
        What it will do, for people.
    """

    kind: Literal["variant", "component"]
    name: str
    resourceId: str
    scalableDimension: str
    minCapacity: int
    maxCapacity: int
    policies: list[ScalingPolicy]
    scheduledActions: list[str]
    sentence: str


class PlannedComponent(TypedDict):
    """An inference component, and what the plan does with it.

    Attributes
    ----------
    base : str or None
        The component that an adapter belongs to; None for any other component.
    copyCount : int or None
        None for an adapter, where scaling sets the number of copies, and where the request takes any.
    action : str
        ``copies`` changes only their number; ``keep`` changes nothing.
    content : str
        Only of a component whose action is ``keep`` or ``copies``: `component_content.content_hash` of the live one.
    """

    name: str
    variantName: str
    base: str | None
    copyCount: int | None
    action: Literal["create", "update", "copies", "keep", "delete"]
    content: NotRequired[str]


class DeploymentPlan(PlanWithSteps):
    """The plan of a deployment.

    Attributes
    ----------
    request : dict
        Request or profile for a later restore, without fields that are for one execution only, such as dryRun.
    variants : list of dict
        Of each production variant: ``variantName``, ``modelName``, ``instanceType`` where it has them.
    models : list of dict
        CreateModel's requests without tags, of all models that the request makes, also of those that exist already.
    tests : list of PlannedTest
        Tests of the endpoint in service, in their order.
    weights : dict of str to float
        By variant name.
    guardrails : Guardrails or None
        None if the endpoint is not updated.
    components : list of PlannedComponent
        Empty for an endpoint that hosts its models itself.
    firstCheckSeconds : int
        The shortest plausible time until the endpoint is in service.
    alarmPrefix : str
        Beginning of the names of the alarms that Slipway creates for the endpoint.
    inEffect : list of Call
        Calls that register again the requested scaling that is registered already, and create the schedules that exist
        as requested; they are checked with the rest.
    schedule : str or None
        The hours in which the endpoint exists, for people; None for all hours.
    differences : list of str
        Properties of the live endpoint that differ from the request and are preserved.
    """

    onFailure: str
    request: dict[str, Any]
    endpointArn: str
    endpointConfigName: str
    previousEndpointConfigName: str | None
    previous: Previous | None
    variants: list[dict[str, Any]]
    models: list[dict[str, Any]]
    modelNames: list[str]
    tests: list[PlannedTest]
    weights: dict[str, float]
    guardrails: Guardrails | None
    components: list[PlannedComponent]
    firstCheckSeconds: int
    scaling: list[ScaledResource]
    inEffect: list[Call]
    schedule: str | None
    alarmPrefix: str
    differences: list[str]


class RemovalPlan(PlanWithSteps):
    """The plan of a removal.

    Attributes
    ----------
    endpointStatus : str or None
        None if there is no endpoint.
    deletesRecords : bool
        Whether the history is deleted, too.
    """

    endpointStatus: str | None
    deletesRecords: bool


def steps_of(plan: PlanWithSteps, phase: Phase) -> list[Step]:
    """Return the steps of one phase, in order."""
    return [step for step in plan["steps"] if step["phase"] == phase]


def in_effect(plan: DeploymentPlan) -> list[Call]:
    """Return the calls of the requested scaling that is registered already.

    The plan of an execution that began before an update of the stack has none: it compared less.
    """
    return plan.get("inEffect", [])


def step_for(plan: PlanWithSteps, operation: str) -> Step | None:
    """Return the first step with this operation; None if the plan has none."""
    return next((step for step in plan["steps"] if step["operation"] == operation), None)
