"""The plan of a deployment: everything is decided and named before anything is changed."""

from dataclasses import dataclass
from typing import Any

from plan_deployment.decisions import Decisions, decide
from plan_deployment.endpoint_tests import require_readable, require_targets
from plan_deployment.environment import Services, Settings
from plan_deployment.report import report, report_during_change
from plan_deployment.request.deadlines import LONGEST_SECONDS, default_seconds
from plan_deployment.situation import Situation, situation_of
from plan_deployment.source.source import PendingSource, Source, pending_source
from plan_deployment.variants import is_serverless_config
from shared import endpoint_tests, weights
from shared.arns import endpoint_arn, region_of
from shared.aws import Json
from shared.errors import InvalidRequest, ProfileInvalid
from shared.locks import Locks, QueueEntry
from shared.moments import after
from shared.plan import AnyPlan, DeploymentPlan, Previous
from shared.planning import preview, turn
from shared.planning.size import require_size

# Shortest plausible creation. Instances start and load an image; serverless variants only load an image.
FIRST_CHECK_SECONDS = 120
FIRST_CHECK_SERVERLESS_SECONDS = 60


def plan(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> AnyPlan:
    """Return the plan for an execution's input: a request or an approval event.

    Validate the input as far as possible without the lock, take the lock, read what exists, and decide every step.

    Parameters
    ----------
    execution : Json
        ``arn`` and ``startedAt`` (ISO 8601) of the execution.
    now : str
        The time; ISO 8601.

    Returns
    -------
    AnyPlan
        A DeploymentPlan. It is only an AnyPlan if `busy` is not None, in a dry run during an external change, and if a
        schedule has nothing to do.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid, NoFormerDeployment
        If there is nothing valid to deploy, or the plan is too large for the state machine.
    ModelNotFound, EndpointNotUpdatable, EndpointNotOwned
        If what exists does not allow the deployment.
    PlanOutdated
        If the request has the `planHash` of a different plan.
    """
    pending = pending_source(document, execution, now, services, settings)
    candidate = _candidate(pending, execution)

    def waiting(admission: turn.Admission) -> AnyPlan:
        until = candidate.waits_until
        return turn.members(candidate, admission, "wait", until, pending.trigger, dry_run=False)

    def planned(admission: turn.Admission) -> AnyPlan:
        source = pending.source()
        if isinstance(source, Source):
            return Planning(candidate, admission, now, services, settings).plan(source)
        return turn.nothing_to_do(waiting(admission), source.reason)

    gate = turn.Gate(Locks(services.dynamodb, settings.locks_table), services.states)
    return turn.plan_in_turn(candidate, now, gate, dry_run=pending.dry_run, waiting=waiting, planned=planned)


def _candidate(pending: PendingSource, execution: Json) -> turn.Candidate:
    started_at = execution["startedAt"]
    return turn.Candidate(
        QueueEntry(execution["arn"], started_at, pending.request_hash, pending.approval),
        pending.endpoint_name,
        pending.when_busy,
        after(started_at, pending.deadline_seconds or LONGEST_SECONDS),
    )


@dataclass(frozen=True)
class Planning:
    """Planning of one deployment: with the lock, or without it in a dry run."""

    candidate: turn.Candidate
    admission: turn.Admission
    now: str
    services: Services
    settings: Settings

    def plan(self, source: Source) -> AnyPlan:
        """Return the plan of the deployment; fail if it is too large for the state machine."""
        try:
            situation = situation_of(source, self.services)
            planned = self._during_change(situation) if situation.action == "wait" else self._deployment(situation)
            require_size(planned, source.document)
        except InvalidRequest as error:
            if "profileName" in source.trigger:
                raise ProfileInvalid(f"Profile {source.trigger['profileName']}: {error}") from error
            raise
        return planned

    def _during_change(self, situation: Situation) -> AnyPlan:
        """Return the plan during an external change: the execution waits until the change has ended."""
        what, command = situation.what_changes
        deadline_seconds = situation.source.request.deadline_seconds or default_seconds(situation.config)
        planned = self._common_members(situation, deadline_seconds)
        if planned["dryRun"]:
            return {**planned, "report": report_during_change(planned, situation, what)}
        busy = turn.behind_external_change(
            self.admission, what, self.candidate, planned["deadlineAt"], self.now, command
        )
        return {**planned, "busy": busy}

    def _deployment(self, situation: Situation) -> DeploymentPlan:
        """Return the plan with its steps, and in a dry run with its report."""
        request = situation.source.request
        services, settings, region = self.services, self.settings, region_of(self.candidate.entry.execution_arn)
        made = {model["ModelName"]: model for model in situation.source.models}
        require_targets(request.tests, situation.config, situation.models | made)
        require_readable(request.tests, situation.config, services.s3, settings.artifact_buckets, region)
        decided = decide(situation, self.candidate.entry.execution_arn, self.now, self.services, self.settings)
        planned = self._plan_members(situation, decided)
        if self.admission.busy:
            planned["warnings"].append(
                f"{self.admission.busy['cause']} What that execution changes can change this plan."
            )
        preview.require_same(planned, request.plan_hash)
        if request.dry_run:
            planned["report"] = report(planned)
        return planned

    def _plan_members(self, situation: Situation, decided: Decisions) -> DeploymentPlan:
        source, execution_arn = situation.source, self.candidate.entry.execution_arn
        endpoint, updated = situation.live, situation.updated
        subject = {"action": situation.action, "endpoint": situation.endpoint_name, "config": situation.config_name}
        arn = endpoint["EndpointArn"] if endpoint else endpoint_arn(execution_arn, situation.endpoint_name)
        return {
            **self._common_members(situation, decided.deadline_seconds),
            "steps": decided.steps,
            "planHash": preview.plan_hash(subject, decided.steps, execution_arn),
            "exists": preview.existing(situation.found, decided.registered, decided.alarm_names),
            "warnings": decided.warnings,
            "onFailure": source.request.on_failure,
            "request": source.document,
            "endpointArn": arn,
            "endpointConfigName": situation.config_name,
            "previousEndpointConfigName": updated["EndpointConfigName"] if updated else None,
            "previous": _previous(situation, decided),
            "variants": [_variant(variant) for variant in situation.config["ProductionVariants"]],
            "models": source.models,
            "modelNames": source.model_names,
            "tests": endpoint_tests.planned(
                source.request.tests,
                situation.config,
                [each["name"] for each in decided.components if each["action"] != "delete"],
            ),
            "weights": situation.content.weights,
            "guardrails": decided.guardrails,
            "components": decided.components,
            "firstCheckSeconds": _first_check_seconds(situation),
            "scaling": decided.scaling,
            "inEffect": decided.in_effect,
            "schedule": decided.schedule,
            "alarmPrefix": decided.alarm_prefix,
            "differences": decided.differences,
        }

    def _common_members(self, situation: Situation, deadline_seconds: int) -> AnyPlan:
        """Return the members that every plan has. The deadline counts from the turn, without the wait for it."""
        source = situation.source
        deadline_at = after(self.admission.since, deadline_seconds)
        described = turn.members(
            self.candidate,
            self.admission,
            situation.action,
            deadline_at,
            source.trigger,
            dry_run=source.request.dry_run,
        )
        name = situation.endpoint_name
        return {**described, "endpointName": name, "requestHash": source.request_hash, "busy": None}


def _first_check_seconds(situation: Situation) -> int:
    """Return the shortest time until the endpoint can be in service; 0 if no instance or container starts."""
    if situation.action not in ("create", "update"):
        return 0
    return FIRST_CHECK_SERVERLESS_SECONDS if is_serverless_config(situation.config) else FIRST_CHECK_SECONDS


def _previous(situation: Situation, decided: Decisions) -> Previous | None:
    endpoint = situation.changed
    if endpoint is None:
        return None
    elsewhere = [*(call for step in decided.steps for call in step["undo"]), *decided.in_effect]
    known = [(call["operation"], call["request"]) for call in elsewhere]
    return {
        "endpointConfigName": endpoint["EndpointConfigName"],
        "weights": weights.live(endpoint),
        "scaling": [call for call in decided.restorations if (call["operation"], call["request"]) not in known],
    }


def _variant(variant: Json) -> Json:
    members = {"variantName": "VariantName", "modelName": "ModelName", "instanceType": "InstanceType"}
    return {name: variant[member] for name, member in members.items() if member in variant}
