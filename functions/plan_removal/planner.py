"""The plan of a removal: the existing resources of the endpoint, and the steps that delete them."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from plan_removal import scheduled
from plan_removal.request import Request, parse
from shared import alarms, components, endpoints, off_hours, records, usage
from shared.autoscaling import is_of_component
from shared.aws import Client, Json
from shared.locks import Locks, QueueEntry
from shared.moments import after
from shared.plan import AnyPlan, Call, RemovalPlan, Step, Trigger
from shared.planning import calls, names, ownership, preview, ticks, turn
from shared.planning.scaling_snapshot import Snapshot, take_all
from shared.planning.ticks import Due, NothingToDo
from shared.records import REMOVAL, REMOVE, Record

# The most that a function can check and delete while it runs.
MOST_CONFIGS = 50
# How many records are read to find models whose configs are already gone.
MOST_RECORDS = 50
# A schedule waits this long for its turn: with the default of deadlineSeconds, 8 hours, as the state machine allows.
LONGEST_WAIT_SECONDS = 25_200
UNLESS_USED = ", unless it is in use"


@dataclass(frozen=True)
class Services:
    """Clients of AWS services; a callable creates its client on demand, if the lock is not free."""

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    cloudwatch: Client
    states: Callable[[], Client]
    scheduler: Client


@dataclass(frozen=True)
class Settings:
    """Settings of the stack.

    Attributes
    ----------
    locks_table, deployments_table : str
        Names of the tables of the endpoints' locks and of their history.
    stack_name : str
        Beginning of the names of the alarms that the stack creates.
    off_hours_group : str
        Name of the group of the schedules that the stack creates.
    """

    locks_table: str
    deployments_table: str
    stack_name: str
    off_hours_group: str


def plan(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> AnyPlan:
    """Return the plan for an execution's input.

    Parameters
    ----------
    execution : Json
        ``arn`` and ``startedAt`` (ISO 8601) of the execution.
    now : str
        The time; ISO 8601.

    Returns
    -------
    AnyPlan
        A RemovalPlan; only an AnyPlan if `busy` is not None, and if a schedule has nothing to do.

    Raises
    ------
    InvalidRequest
        If the request is not valid, or does not confirm which endpoint is removed.
    EndpointNotOwned
        If Slipway did not create the endpoint, an inference component on it, or what a schedule could not restore.
    PlanOutdated
        If the request has the `planHash` of a different plan.
    """
    planning = Planning(parse(document), execution, now, services, settings)
    return turn.plan_in_turn(
        planning.candidate,
        now,
        turn.Gate(Locks(services.dynamodb, settings.locks_table), services.states),
        dry_run=planning.request.dry_run,
        waiting=lambda admission: planning.members("wait", admission),
        planned=planning.plan,
    )


@dataclass(frozen=True)
class Planning:
    """Planning of one removal."""

    request: Request
    execution: Json
    now: str
    services: Services
    settings: Settings

    @property
    def candidate(self) -> turn.Candidate:
        """The execution in the queue."""
        request, started_at = self.request, self.execution["startedAt"]
        request_hash = names.digest([REMOVAL, request.delete_records])
        waits_seconds = request.deadline_seconds
        if request.tick:
            request_hash, waits_seconds = request.tick.request_hash, LONGEST_WAIT_SECONDS
        entry = QueueEntry(self.execution["arn"], started_at, request_hash)
        return turn.Candidate(entry, request.endpoint_name, request.when_busy, after(started_at, waits_seconds))

    def members(self, action: str, admission: turn.Admission, due: Due | None = None) -> AnyPlan:
        """Return the members that every plan has."""
        tick, deadline_at = self.request.tick, self._deadline_at(admission)
        trigger: Trigger = tick.trigger if tick else {"kind": REMOVAL}
        trigger = {**trigger, **due.trigger} if due else trigger
        return turn.members(self.candidate, admission, action, deadline_at, trigger, dry_run=self.request.dry_run)

    def plan(self, admission: turn.Admission) -> AnyPlan:
        """Return the plan, with the lock held or, in a dry run, without it."""
        tick, due = self.request.tick, None
        if tick:
            history = records.newest_first(self.services.dynamodb, self.settings.deployments_table, tick.endpoint_name)
            decided = ticks.due(tick, history, self.now)
            if isinstance(decided, NothingToDo):
                return turn.nothing_to_do(self.members("none", admission), decided.reason)
            due = decided
        planned = self._removal(admission, due)
        if tick and planned["action"] == "none":
            reason = f"There is no endpoint {planned['endpointName']}."
            return turn.nothing_to_do(self.members("none", admission), reason)
        return planned

    def _removal(self, admission: turn.Admission, due: Due | None) -> AnyPlan:
        sagemaker, request = self.services.sagemaker, self.request
        endpoint = endpoints.describe_endpoint(sagemaker, request.endpoint_name)
        if endpoint and endpoint["EndpointStatus"] != "Deleting":
            ownership.require_deletable(sagemaker, endpoint)
        change = endpoints.what_changes(endpoint) if endpoint and is_in_progress(endpoint) else None
        if change and not request.dry_run:
            patient = dataclasses.replace(self.candidate, when_busy="WAIT")
            busy = turn.behind_external_change(admission, change, patient, self._deadline_at(admission), self.now)
            return {**self.members("wait", admission), "busy": busy}
        found = find(request, endpoint, self.services, self.settings)
        if due:
            scheduled.require_restorable(endpoint, found.scaling, due)
        steps = list(_steps(found, deletes_records=request.delete_records))
        subject = {"endpoint": found.endpoint_name}
        planned: RemovalPlan = {
            **self.members(REMOVE if steps else "none", admission, due),
            "busy": None,
            "endpointName": found.endpoint_name,
            "steps": steps,
            "planHash": preview.plan_hash(subject, steps, self.execution["arn"]),
            "exists": preview.existing(endpoint, found.scaling, found.alarms),
            "warnings": list(_warnings(found, admission, change)),
            "endpointStatus": endpoint["EndpointStatus"] if endpoint else None,
            "deletesRecords": request.delete_records,
        }
        preview.require_same(planned, request.plan_hash)
        if request.dry_run:
            planned["report"] = preview.report(planned)
        return planned

    def _deadline_at(self, admission: turn.Admission) -> str:
        """Return the deadline, which counts from the start, and for a schedule from its turn."""
        return after(
            admission.since if self.request.tick else self.execution["startedAt"], self.request.deadline_seconds
        )


def is_in_progress(endpoint: Json) -> bool:
    """Whether SageMaker does not allow the deletion yet. An endpoint that is already being deleted does not count."""
    return endpoint["EndpointStatus"] in endpoints.CHANGING - {"Deleting"}


@dataclass(frozen=True)
class Found:
    """Existing resources of an endpoint.

    Attributes
    ----------
    endpoint_name : str
        Spelled as when it was created, as in the names of its alarms and scalable targets.
    components, external : list of Json
        DescribeInferenceComponent's answers, adapters first: of components that the removal deletes, and of those that
        another user or tool left without their endpoint.
    schedules : list of Json
        Bodies of CreateSchedule.
    configs, models : list of str
        Names of those that Slipway created for the endpoint.
    alarms : dict of str to Json
        Alarms that Slipway created for the endpoint, as requests of PutMetricAlarm, by name.
    records : int
        Length of the history.
    has_more_configs : bool
        Whether there are more configs than one removal can delete.
    """

    endpoint_name: str
    endpoint: Json | None
    components: list[Json]
    external: list[Json]
    schedules: list[Json]
    scaling: Snapshot
    alarms: dict[str, Json]
    configs: list[str]
    models: list[str]
    records: int
    has_more_configs: bool

    @property
    def alarms_of_components(self) -> list[str]:
        """Names of the alarms that trigger scaling policies of components."""
        policies = self.scaling.policy_arns.items()
        arns = {arn for arn, policy in policies if is_of_component(policy["ResourceId"])}
        return sorted(name for name, alarm in self.alarms.items() if arns & set(alarms.policy_arns(alarm)))


def find(request: Request, endpoint: Json | None, services: Services, settings: Settings) -> Found:
    """Return the existing resources of the endpoint, for a schedule without those that it needs to bring it back.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.

    Raises
    ------
    EndpointNotOwned
        If the endpoint hosts inference components that Slipway did not create.
    """
    sagemaker = services.sagemaker
    history = list(records.newest_first(services.dynamodb, settings.deployments_table, request.endpoint_name))
    name = _endpoint_name(request, endpoint, history)
    # DeleteEndpoint does not delete them: they keep their names and their models, without their endpoint.
    hosted = components.bases_last(components.of_endpoint(sagemaker, name))
    if endpoint and endpoint["EndpointStatus"] != "Deleting":
        ownership.require_deletable_components(sagemaker, hosted)
    external = ownership.external_components(sagemaker, hosted)
    own = [each for each in hosted if each not in external]
    listed = ownership.listed_configs(sagemaker, name) if request.tick is None else iter(())
    configs = list(islice(ownership.configs_of(sagemaker, listed, name), MOST_CONFIGS + 1))
    return Found(
        endpoint_name=name,
        endpoint=endpoint,
        schedules=off_hours.read(services.scheduler, settings.off_hours_group, name) if request.tick is None else [],
        components=own,
        external=external,
        scaling=take_all(services.autoscaling, name, [each["InferenceComponentName"] for each in own]),
        alarms=_alarms(services.cloudwatch, names.alarm_prefix(settings.stack_name, name), request),
        configs=[config["EndpointConfigName"] for config in configs[:MOST_CONFIGS]],
        models=_models(sagemaker, configs[:MOST_CONFIGS], own, history) if request.tick is None else [],
        records=len(history),
        has_more_configs=len(configs) > MOST_CONFIGS,
    )


def _steps(found: Found, *, deletes_records: bool) -> Iterator[Step]:
    """Yield the steps in the order of execution: each resource is deleted after its users."""
    for call in _calls(found, deletes_records=deletes_records):
        yield calls.step("clean up", call, state=calls.REMOVE_ENDPOINT)


def _calls(found: Found, *, deletes_records: bool) -> Iterator[Call]:
    yield from map(calls.delete_schedule, found.schedules)  # before the endpoint that they would create again
    on_components = [target for target in found.scaling.targets if is_of_component(target["ResourceId"])]
    triggers = found.alarms_of_components
    yield from map(calls.delete_alarm, triggers)  # before the policies that they trigger, as below
    yield from map(calls.deregister_target, on_components)
    yield from (calls.delete_component(each["InferenceComponentName"]) for each in found.components)
    if found.endpoint:
        yield calls.delete_endpoint(found.endpoint_name, f"which is {found.endpoint['EndpointStatus']}")
    yield from (calls.delete_alarm(name) for name in sorted(found.alarms) if name not in triggers)
    yield from (calls.deregister_target(target) for target in found.scaling.targets if target not in on_components)
    yield from (calls.delete_config(name, UNLESS_USED) for name in found.configs)
    yield from (calls.delete_model(name, UNLESS_USED) for name in found.models)
    if deletes_records and found.records:
        yield calls.delete_records(found.endpoint_name, found.records)


def _warnings(found: Found, admission: turn.Admission, change: str | None) -> Iterator[str]:
    if found.has_more_configs:
        yield f"The endpoint has more than {MOST_CONFIGS} configs: start the same removal again for the rest."
    for each in found.external:
        yield (
            f"Inference component {each['InferenceComponentName']} is left without its endpoint. Slipway did not "
            "create it, so it is not deleted: aws sagemaker delete-inference-component --inference-component-name "
            f"{each['InferenceComponentName']}"
        )
    if admission.busy:
        yield f"{admission.busy['cause']} What that execution changes can change this plan."
    if change:
        yield f"{change} The removal waits until this change has ended."


def _endpoint_name(request: Request, endpoint: Json | None, history: list[Record]) -> str:
    if endpoint:
        return str(endpoint["EndpointName"])
    return next((record.endpoint_name for record in history if record.is_deployed), request.endpoint_name)


def _alarms(cloudwatch: Client, prefix: str, request: Request) -> dict[str, Json]:
    """Return the alarms to delete. Those with actions of an owner outlast a removal by a schedule, as a deployment."""
    found = alarms.beginning_with(cloudwatch, prefix)
    if request.tick is None:
        return found
    return {name: alarm for name, alarm in found.items() if not alarms.has_actions_of_owner(alarm)}


def _models(sagemaker: Client, configs: list[Json], hosted: list[Json], history: list[Record]) -> list[str]:
    """Return the models that Slipway created for the endpoint, including models whose users are already deleted."""
    newest, _ = records.newest(history, MOST_RECORDS)
    recorded = {model["ModelName"] for record in newest for model in record.models}
    named = {model for component in hosted for model in usage.models_of_component(component)}
    return ownership.owned_models(sagemaker, ownership.models_named_by(configs) | named | recorded)
