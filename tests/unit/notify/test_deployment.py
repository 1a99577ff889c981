import copy
import json
from collections.abc import Iterable
from typing import Any, cast

import pytest

from notify.deployment import Answers, Deployed, of_plan
from shared.notification import text_of
from shared.plan import DeploymentPlan, Step
from shared.planning import calls
from tests.support import plans
from tests.support.plans import CONFIG, ENDPOINT, EXECUTION_ARN, PREVIOUS_CONFIG, TARGET, deployment_plan
from tests.unit.conftest import EXECUTION

NOW = "2026-11-21T05:20:00.000Z"
SCALED = {
    "kind": "variant",
    "name": "AllTraffic",
    "resourceId": TARGET["ResourceId"],
    "scalableDimension": TARGET["ScalableDimension"],
    "minCapacity": 1,
    "maxCapacity": 4,
    "policies": [
        {
            "policyName": plans.POLICY["PolicyName"],
            "policyType": "TargetTrackingScaling",
            "metric": "SageMakerVariantInvocationsPerInstance",
            "targetValue": 5000,
        },
        {"policyName": "slipway-surge", "policyType": "StepScaling", "metric": "InvocationsPerInstance"},
    ],
    "scheduledActions": ["slipway-morning"],
    "sentence": "1 to 4 instances, holding 5,000 invocations per instance and minute",
}
LIVE = {
    "endpointConfigName": CONFIG,
    "elapsedSeconds": 420.0,
    "variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "currentInstanceCount": 1}],
}
ALARM = "slipway/test-endpoint/AllTraffic/server-errors"
SCHEDULE = {"GroupName": "slipway-off-hours", "Name": "test-endpoint-0a1b2c3d-weekdays-up"}
STEP_OF_SCHEDULE = plans.step("scale", calls.delete_schedule(SCHEDULE))
STEP_OF_ALARM = plans.put_alarm({"AlarmName": ALARM})
SCALING = [plans.register_target(), plans.put_policy()]


def clean_up(*whats: Any) -> list[Step]:
    return [plans.step("clean up", call) for call in whats]


def deployed(plan: DeploymentPlan, endpoint: Any = None, cleaned_up: Any = None) -> Deployed:
    answers = Answers(endpoint or LIVE, clean_up=cleaned_up)
    return of_plan(copy.deepcopy(plan), answers, cast(Any, EXECUTION), NOW, [])


def output(action: str = "create", steps: Iterable[Step] | None = None, **changes: Any) -> dict[str, Any]:
    return deployed(deployment_plan(action, steps, **changes)).output


def text(action: str = "create", steps: Iterable[Step] | None = None, **changes: Any) -> str:
    return text_of(deployed(deployment_plan(action, steps, **changes)).notification())


def test_the_output_is_complete_for_the_next_state_of_a_parent_machine() -> None:
    steps = [plans.create_config(), plans.create_endpoint(), *SCALING]

    assert output("create", steps, scaling=[SCALED]) == {
        "outcome": "SUCCEEDED",
        "deploymentId": "one",
        "changed": True,
        "action": "create",
        "endpointName": ENDPOINT,
        "endpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint",
        "endpointConfigName": CONFIG,
        "previousEndpointConfigName": None,
        "previousWeights": None,
        "modelNames": ["m"],
        "variants": [
            {
                "variantName": "AllTraffic",
                "currentWeight": 1.0,
                "currentInstanceCount": 1,
                "modelName": "m",
                "instanceType": "ml.m5.large",
            }
        ],
        "components": {"changed": False, "live": [], "removed": []},
        "scaling": {"changed": True, "resources": [SCALED], "removed": []},
        "alarms": {"changed": False, "put": [], "removed": []},
        "schedule": {"changed": False, "sentence": None},
        "tests": [],
        "old": {"removed": [], "kept": [], "left": []},
        "secondsToInService": 420.0,
        "planHash": "0123456789ab",
        "steps": [{name: step[name] for name in ("state", "action", "what")} for step in cast(Any, steps)],
        "trigger": {"kind": "request"},
        "differences": [],
        "warnings": [],
    }


def test_the_notification_names_the_instances_of_each_pool() -> None:
    (variant,) = LIVE["variants"]
    pools = [{"instanceType": name, "currentInstanceCount": 1} for name in ("ml.c6i.xlarge", "ml.m6i.xlarge")]
    live = LIVE | {"variants": [variant | {"instancePools": pools}]}

    said = text_of(deployed(deployment_plan("create", [plans.create_endpoint()]), live).notification())

    assert "Variant AllTraffic: m on 1 × ml.c6i.xlarge and 1 × ml.m6i.xlarge, weight 1\n" in said


def test_the_notification_says_what_happened_what_is_live_what_to_do_and_how_to_undo_it() -> None:
    plan = deployment_plan("create", [plans.create_endpoint(), *SCALING], scaling=[SCALED])

    text = text_of(deployed(plan).notification())

    assert text.startswith(
        "test-endpoint is in service.\n\n"
        "What happened\nThe endpoint was created; it was in service after 7 min.\n\n"
        f"Steps\n- Create endpoint test-endpoint with config {CONFIG}\n"
        f"- Register scalable target {TARGET['ResourceId']} ({TARGET['ScalableDimension']}), 1 to 4\n"
        f"- Register policy {plans.POLICY['PolicyName']} of {TARGET['ResourceId']}\n\n"
        f"Live config\nConfig {CONFIG}\n"
        "Variant AllTraffic: m on 1 × ml.m5.large, weight 1\n\n"
        "Scaling\nVariant AllTraffic: 1 to 4 instances, holding 5,000 invocations per instance and minute\n\n"
        "What to do\nNothing.\n\n"
        "How to undo it\nStart the state machine RemoveEndpointStateMachine with this input:\n"
        '{"endpointName": "test-endpoint", "confirm": "test-endpoint"}\n\n'
        "Execution: https://eu-west-1.console.aws.amazon.com/states/"
    )
    assert json.loads(text.splitlines()[-1]) == deployed(plan).output | {"executionArn": EXECUTION_ARN}


def test_the_notification_has_the_tests_that_passed() -> None:
    passed: Any = [
        {"name": "golden", "variant": "A", "status": 200, "latencyMilliseconds": 12},
        {"name": "queued", "variant": None, "status": 200, "latencyMilliseconds": None},
    ]

    found = of_plan(deployment_plan(), Answers(LIVE, tests=passed), cast(Any, EXECUTION), NOW, [])

    assert "\n\nTests\ngolden of variant A: passed, status 200 after 12 ms\nqueued: passed, status 200\n\n" in text_of(
        found.notification()
    )
    assert found.output["tests"] == passed


def test_an_execution_that_began_before_a_stack_update_reports_the_bounds() -> None:
    plan = plans.before_stack_update(deployment_plan("create", scaling=[SCALED]))

    assert "Scaling\nVariant AllTraffic: 1 to 4\n" in text_of(deployed(plan).notification())


def test_warnings_are_in_what_to_do() -> None:
    assert "What to do\nAcceleratorType is ignored." in text(warnings=["AcceleratorType is ignored."])


@pytest.mark.parametrize(
    ("action", "steps", "changed", "sentence"),
    [
        ("update", None, True, "The endpoint was updated; the new config was live after 7 min."),
        ("none", [], False, "The endpoint was already as requested; nothing was changed."),
        ("none", SCALING, True, "The endpoint already ran the requested config; only its scaling changed."),
        ("none", [STEP_OF_ALARM], True, "only its alarms changed."),
        ("none", [STEP_OF_ALARM, *SCALING], True, "only its scaling and its alarms changed."),
        ("none", [STEP_OF_SCHEDULE], True, "only its schedule changed."),
        ("none", [plans.create_config()], True, "The config had been deleted and was created again."),
        ("join", [], False, "Another execution of the same request was in progress."),
    ],
)
def test_the_notification_says_what_changed(action: str, steps: Any, changed: bool, sentence: str) -> None:
    assert output(action, steps)["changed"] is changed
    assert sentence in text(action, steps)


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        (
            {"kind": "approval", "modelPackageArn": "arn:package/2"},
            "Model package arn:package/2 was approved. The endpoint was created",
        ),
        (
            {"kind": "rollback", "deploymentId": "zero", "startedAt": "2026-11-20T05:12:59.152Z"},
            "Deployment zero of 2026-11-20T05:12:59.152Z was restored. The endpoint was created",
        ),
    ],
)
def test_the_notification_says_what_started_the_deployment(trigger: dict[str, str], sentence: str) -> None:
    assert sentence in text(trigger=trigger)


@pytest.mark.parametrize("action", ["none", "join"])
def test_an_endpoint_brought_into_service_by_another_execution_has_no_duration(action: str) -> None:
    assert output(action)["secondsToInService"] == 0


def test_an_endpoint_without_scaling_is_reported_as_such() -> None:
    assert "Scaling\nThe request does not configure scaling." in text()


def test_the_hours_of_the_endpoint_are_reported() -> None:
    hours = "up on weekdays from 07:00 to 20:00 Berlin time; created again from 06:45"

    assert f"Schedule\nThe endpoint is {hours}.\n\n" in text(schedule=hours)
    assert output(schedule=hours)["schedule"] == {"changed": False, "sentence": hours}


def test_hours_that_are_no_longer_requested_are_reported() -> None:
    assert "Schedule\nRemoved: the endpoint is up at all hours.\n\n" in text("none", [STEP_OF_SCHEDULE])


def test_an_endpoint_without_hours_has_no_section_about_them() -> None:
    assert "Schedule" not in text()


def test_a_serverless_variant_is_reported_with_its_concurrency() -> None:
    live = LIVE | {"variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "maxConcurrency": 20}]}
    plan = deployment_plan("create", variants=[{"variantName": "AllTraffic", "modelName": "m"}])

    message = text_of(deployed(plan, live).notification())

    assert "Variant AllTraffic: m on serverless, at most 20 requests at a time, weight 1" in message


DEREGISTER = plans.step("prepare", calls.deregister_target(TARGET))
DEREGISTER_LAST = plans.step("scale", calls.deregister_target(TARGET))
GONE = f"scalable target {TARGET['ResourceId']} ({TARGET['ScalableDimension']})"


@pytest.mark.parametrize(
    ("steps", "removed"),
    [
        ([DEREGISTER, plans.register_target()], []),
        ([DEREGISTER], [GONE]),
        ([DEREGISTER_LAST], [GONE]),
        (
            [plans.step("scale", calls.delete_policy(plans.POLICY))],
            [f"policy {plans.POLICY['PolicyName']} of {TARGET['ResourceId']}"],
        ),
    ],
)
def test_removed_scaling_is_reported_and_is_a_change(steps: list[Step], removed: list[str]) -> None:
    found = output("none", steps)

    assert found["scaling"]["removed"] == removed
    assert (found["changed"], found["scaling"]["changed"]) == (True, True)
    assert all(f"Removed: {what}" in text("none", steps) for what in removed)


REPLACE = plans.step("prepare", calls.delete_alarm(ALARM))
SUPERFLUOUS = clean_up(calls.delete_alarm("slipway/test-endpoint/B/server-errors"))


def test_an_alarm_that_is_replaced_is_put_and_not_removed() -> None:
    assert output("none", [REPLACE, STEP_OF_ALARM])["alarms"] == {"changed": True, "put": [ALARM], "removed": []}


def test_alarms_that_the_clean_up_deleted_are_removed_and_no_part_of_old_configs_and_models() -> None:
    removed = ["alarm slipway/test-endpoint/B/server-errors", "endpoint config a"]
    cleaned_up = {"removed": removed, "kept": [], "left": []}

    found = deployed(deployment_plan("none", SUPERFLUOUS), None, cleaned_up).output

    assert found["alarms"] == {"changed": True, "put": [], "removed": ["slipway/test-endpoint/B/server-errors"]}
    assert found["old"]["removed"] == ["endpoint config a"]


def test_the_clean_up_is_reported() -> None:
    used = "endpoint config b: endpoint other uses it"
    cleaned_up = {"removed": ["endpoint config a"], "kept": [used], "left": ["endpoint config c"]}

    found = deployed(deployment_plan(), None, cleaned_up)

    assert found.output["old"] == cleaned_up
    assert (
        f"Clean-up\nRemoved: endpoint config a\nKept: {used}\nLeft for the next deployment: endpoint config c"
    ) in text_of(found.notification())


@pytest.mark.parametrize(
    ("error", "cause", "why"),
    [("AccessDenied", "not now", "AccessDenied: not now"), ("States.Timeout", "", "States.Timeout")],
)
def test_a_clean_up_that_failed_is_a_warning(error: str, cause: str, why: str) -> None:
    found = deployed(deployment_plan("none", SUPERFLUOUS), None, {"Error": error, "Cause": cause}).output

    assert found["old"] == {"removed": [], "kept": [], "left": []}
    assert found["alarms"] == {"changed": False, "put": [], "removed": []}
    assert found["warnings"] == [f"The clean-up of earlier deployments failed; the next deployment retries it. {why}"]


def test_a_shift_is_reported_with_the_previous_weights() -> None:
    before = {"A": 0.0, "B": 1.0}
    previous = {"endpointConfigName": CONFIG, "weights": before, "scaling": []}
    steps = [plans.shift_traffic({"A": 1.0, "B": 0.0}, before)]

    found = output("shift", steps, previous=previous)

    assert (found["changed"], found["previousWeights"]) == (True, before)
    message = text("shift", steps, previous=previous)
    assert "The weights of the variants were changed; the change took 7 min." in message
    assert "How to undo it\naws sagemaker update-endpoint-weights-and-capacities" in message


def test_differences_from_the_request_are_reported() -> None:
    changes = {"differences": ["A has 3."], "warnings": ["A has 3."]}

    assert output("none", [], **changes)["differences"] == ["A has 3."]
    message = text("none", [], **changes)
    assert "already ran the requested config, but differs from the request: see What to do." in message
    assert "What to do\nA has 3." in message


def test_the_record_has_what_a_rollback_needs() -> None:
    model = {"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/models"}

    record = deployed(deployment_plan(models=[model])).record

    assert (record.deployment_id, record.outcome, record.changed, record.is_deployed) == (
        "one",
        "SUCCEEDED",
        True,
        True,
    )
    assert (record.config_name, record.previous_config_name, record.models) == (CONFIG, PREVIOUS_CONFIG, [model])
    assert (record.request_hash, record.ended_at) == ("ba9876543210", NOW)
