"""A successful deployment: the output of the execution, its record and its notification."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from notify import components
from notify.undo import how_to_undo
from shared import records
from shared.aws import Json
from shared.console import endpoint_link, execution_link
from shared.endpoint_tests import PassedTest
from shared.moments import duration_text
from shared.notification import Notification
from shared.plan import CLEAN_UP, SCALE, DeploymentPlan, Phase, Step, step_for, steps_of
from shared.records import SUCCEEDED, Execution, Record
from shared.steps import as_lines, views

HAPPENED = {
    "create": "The endpoint was created; it was in service after {duration}.",
    "update": "The endpoint was updated; the new config was live after {duration}.",
    "join": "Another execution of the same request was in progress. This one waited for it and changed nothing.",
    "shift": "The weights of the variants were changed; the change took {duration}.",
    "none": "The endpoint was already as requested; nothing was changed.",
}
REASON = {
    "request": "",
    "approval": "Model package {modelPackageArn} was approved. ",
    "rollback": "Deployment {deploymentId} of {startedAt} was restored. ",
    "schedule": "The hours of its schedule begin, so deployment {deploymentId} of {startedAt} is back. ",
}
NEW_CONFIG = "The endpoint already ran the requested config. The config had been deleted and was created again."
NOT_AS_REQUESTED = "The endpoint already ran the requested config, but differs from the request: see What to do."
AROUND = {"components": "inference components", "scaling": "scaling", "alarms": "alarms", "schedule": "schedule"}
ONLY_AROUND = "The endpoint already ran the requested config; only its {what} changed."


@dataclass(frozen=True)
class Deployed:
    """A deployment that succeeded.

    Attributes
    ----------
    output : Json
        The output of the execution without the notification's id.
    history : iterable of Record
        The endpoint's records, the newest first.
    """

    output: Json
    record: Record
    history: Iterable[Record]

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint."""
        return self.record.endpoint_name

    def warn(self, warning: str) -> None:
        """Add a warning to the output."""
        self.output["warnings"].append(warning)

    def notification(self) -> Notification:
        """Return the notification: what happened, what is live, and how to undo it."""
        output, name, execution_arn = self.output, self.endpoint_name, self.record.execution_arn
        links = {"Execution": execution_link(execution_arn), "Endpoint": endpoint_link(execution_arn, name)}
        variants, hosted = map(_variant_line, output["variants"]), components.lines(output["components"])
        return Notification(
            endpoint_name=name,
            outcome=SUCCEEDED,
            headline=f"{name} is in service" if output["changed"] else f"{name} is in service, nothing was changed",
            sections=(
                ("What happened", _what_happened(output)),
                ("Steps", as_lines(output["steps"])),
                ("Live config", "\n".join([f"Config {output['endpointConfigName']}", *variants, *hosted])),
                ("Tests", "\n".join(map(_test_line, output["tests"]))),
                ("Scaling", "\n".join(_scaling_lines(output["scaling"]))),
                ("Schedule", _schedule_line(output["schedule"])),
                ("Clean-up", "\n".join(_clean_up_lines(output["old"]))),
                ("What to do", "\n".join(output["warnings"]) or "Nothing."),
                ("How to undo it", how_to_undo(output, self.record, self.history)),
            ),
            links=tuple(f"{title}: {link}" for title, link in links.items() if link),
            data=output | {"executionArn": execution_arn},
        )


@dataclass(frozen=True)
class Answers:
    """The last answers of the states that carry out a plan.

    Attributes
    ----------
    endpoint : Json
        Of "Check endpoint".
    components : Json or None
        Of "Deploy components"; None for an endpoint without inference components.
    tests : list of PassedTest
        Results of "Test endpoint"; empty if the request has no tests.
    clean_up : Json or None
        Of "Clean up"; ``Error`` and ``Cause`` if it failed; None if there was nothing to clean up.
    """

    endpoint: Json
    components: Json | None = None
    tests: list[PassedTest] = field(default_factory=list)
    clean_up: Json | None = None


def of_plan(
    plan: DeploymentPlan, answers: Answers, execution: Execution, now: str, history: Iterable[Record]
) -> Deployed:
    """Return the deployment of a plan that was carried out.

    Parameters
    ----------
    now : str
        The end of the deployment; ISO 8601.
    history : iterable of Record
        The endpoint's records, the newest first; read only if a deployment can be restored.
    """
    output = _output(plan, answers, execution["name"])
    record = records.of_plan(plan, execution, now, SUCCEEDED, changed=output["changed"])
    return Deployed(output, record, history)


def _output(plan: DeploymentPlan, answers: Answers, deployment_id: str) -> Json:
    endpoint, clean_up = answers.endpoint, answers.clean_up or {}
    hosted = components.result(plan, (answers.components or {}).get("components", []))
    changed_endpoint = plan["action"] in ("create", "update", "shift")
    scaling, alarms, schedule = _scaling(plan), _alarms(plan, clean_up), _schedule(plan)
    has_new_config = step_for(plan, "CreateEndpointConfig") is not None
    previous = plan["previous"]
    return {
        "outcome": SUCCEEDED,
        "deploymentId": deployment_id,
        "changed": changed_endpoint
        or has_new_config
        or any(each["changed"] for each in (hosted, scaling, alarms, schedule)),
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "endpointArn": plan["endpointArn"],
        "endpointConfigName": endpoint["endpointConfigName"],
        "previousEndpointConfigName": plan["previousEndpointConfigName"],
        "previousWeights": previous["weights"] if previous and plan["action"] == "shift" else None,
        "modelNames": plan["modelNames"],
        "variants": _variants(plan, endpoint),
        "components": hosted,
        "scaling": scaling,
        "alarms": alarms,
        "schedule": schedule,
        "tests": answers.tests,
        "old": _old(plan, clean_up),
        "secondsToInService": endpoint["elapsedSeconds"] if changed_endpoint else 0,
        "planHash": plan["planHash"],
        "steps": views(plan["steps"]),
        "trigger": plan["trigger"],
        "differences": plan["differences"],
        "warnings": [*plan["warnings"], *_not_cleaned_up(clean_up)],
    }


def _variants(plan: DeploymentPlan, endpoint: Json) -> list[Json]:
    """Return the live variants as SageMaker describes them, each with its model and instance type."""
    planned = {variant["variantName"]: variant for variant in plan["variants"]}
    return [running | planned.get(running["variantName"], {}) for running in endpoint["variants"]]


def _scaling(plan: DeploymentPlan) -> Json:
    """Return the scaling, with changes and removals. A target that is registered again does not count as removed."""
    steps = [step for step in plan["steps"] if step["service"] == "application-autoscaling"]
    again = {_target(step) for step in steps if step["operation"] == "RegisterScalableTarget"}
    removed = [
        step["what"]
        for step in steps
        if step["operation"] in ("DeleteScalingPolicy", "DeleteScheduledAction")
        or (step["operation"] == "DeregisterScalableTarget" and _target(step) not in again)
    ]
    return {"changed": bool(steps), "resources": plan["scaling"], "removed": removed}


def _target(step: Step) -> tuple[str, str]:
    return step["request"]["ResourceId"], step["request"]["ScalableDimension"]


def _alarms(plan: DeploymentPlan, clean_up: Json) -> Json:
    """Return the names of alarms that were created or changed, and of those that "Clean up" deleted."""
    put = [step["request"]["AlarmName"] for step in plan["steps"] if step["operation"] == "PutMetricAlarm"]
    removed = [name for name in _deleted_alarms(plan) if f"alarm {name}" in clean_up.get("removed", [])]
    removed += [name for step in _deletions_of_alarms(plan, SCALE) for name in step["request"]["AlarmNames"]]
    return {"changed": bool(put or removed), "put": put, "removed": removed}


def _schedule(plan: DeploymentPlan) -> Json:
    """Return the hours in which the endpoint exists, and whether they were changed."""
    changed = any(step["service"] == "scheduler" for step in plan["steps"])
    # The plan of an execution that began before an update of the stack has no such member.
    return {"changed": changed, "sentence": plan.get("schedule")}


def _old(plan: DeploymentPlan, clean_up: Json) -> Json:
    """Return the old configs and models that "Clean up" removed, kept because they are in use, or had no time for."""
    alarms = {f"alarm {name}" for name in _deleted_alarms(plan)}
    return {
        outcome: [what for what in clean_up.get(outcome, []) if what not in alarms]
        for outcome in ("removed", "kept", "left")
    }


def _deleted_alarms(plan: DeploymentPlan) -> list[str]:
    """Return the names of alarms that the plan deletes. Alarms that "Prepare endpoint" deletes are created again."""
    return [name for step in _deletions_of_alarms(plan, CLEAN_UP) for name in step["request"]["AlarmNames"]]


def _deletions_of_alarms(plan: DeploymentPlan, phase: Phase) -> list[Step]:
    return [step for step in steps_of(plan, phase) if step["operation"] == "DeleteAlarms"]


def _not_cleaned_up(clean_up: Json) -> Iterator[str]:
    if "Error" in clean_up:
        why = ": ".join(filter(None, (clean_up["Error"], clean_up.get("Cause"))))  # a time-out has an empty cause
        yield f"The clean-up of earlier deployments failed; the next deployment retries it. {why}"


def _what_happened(output: Json) -> str:
    happened = HAPPENED[output["action"]].format(duration=duration_text(output["secondsToInService"]))
    around = [name for what, name in AROUND.items() if output[what]["changed"]]
    if output["action"] == "none" and around:
        happened = ONLY_AROUND.format(what=" and its ".join(around))
    elif output["action"] == "none" and output["changed"]:
        happened = NEW_CONFIG
    elif output["action"] == "none" and output["differences"]:
        happened = NOT_AS_REQUESTED
    return f"{REASON[output['trigger']['kind']].format(**output['trigger'])}{happened}"


def _variant_line(variant: Json) -> str:
    if "maxConcurrency" in variant:
        runs_on = f"serverless, at most {variant['maxConcurrency']} requests at a time"
    else:
        runs_on = " and ".join(_fleet(each) for each in variant.get("instancePools", [variant]))
    weight = variant.get("currentWeight", 1)
    model = variant.get("modelName", "inference components")
    return f"Variant {variant['variantName']}: {model} on {runs_on}, weight {weight:g}"


def _fleet(variant_or_pool: Json) -> str:
    return f"{variant_or_pool.get('currentInstanceCount', '?')} × {variant_or_pool.get('instanceType', 'instance')}"


def _test_line(result: PassedTest) -> str:
    of_component = f" of component {result['component']}" if "component" in result else ""
    of_target = f" of variant {result['variant']}" if result["variant"] else of_component
    took = "" if result["latencyMilliseconds"] is None else f" after {result['latencyMilliseconds']} ms"
    return f"{result['name']}{of_target}: passed, status {result['status']}{took}"


def _scaling_lines(scaling: Json) -> Iterator[str]:
    if not scaling["resources"]:
        yield "The request does not configure scaling."
    yield from map(_scaled_line, scaling["resources"])
    yield from (f"Removed: {what}" for what in scaling["removed"])


def _scaled_line(scaled: Json) -> str:
    # The plan of an execution that began before an update of the stack has variantName, and no sentence.
    kind, name = scaled.get("kind", "variant"), scaled["name"] if "name" in scaled else scaled["variantName"]
    bounds = f"{scaled['minCapacity']} to {scaled['maxCapacity']}"
    return f"{kind.capitalize()} {name}: {scaled.get('sentence', bounds)}"


def _schedule_line(schedule: Json) -> str:
    if schedule["sentence"]:
        return f"The endpoint is {schedule['sentence']}."
    return "Removed: the endpoint is up at all hours." if schedule["changed"] else ""


def _clean_up_lines(old: Json) -> Iterator[str]:
    yield from (f"Removed: {what}" for what in old["removed"])
    yield from (f"Kept: {what}" for what in old["kept"])
    yield from (f"Left for the next deployment: {what}" for what in old["left"])
