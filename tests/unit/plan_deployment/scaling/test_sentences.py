"""What a resource will do, in words."""

from typing import Any

import pytest

from plan_deployment.request.scaling import RequestedResource, Scaling
from plan_deployment.scaling.requested import requested_scaling
from plan_deployment.scaling.sentences import sentence
from tests.unit.plan_deployment.request.reading import MINIMAL, SERVERLESS, VARIANT, read
from tests.unit.plan_deployment.scaling.test_requested import ASYNC, DAY, EVENING, SURGE, TRACKED, scaled

Json = dict[str, Any]
PAUSES = "waits 60 s between additions and 300 s between removals"
OFFICE = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}
HELD = f"1 to 10 instances, holding 600 invocations per instance and minute; {PAUSES}"
NO_POLICY = "1 to 10 instances, which no policy of the request changes"
FAST = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
ON_SERVERLESS = MINIMAL | {"productionVariants": [SERVERLESS]}
ON_TWO = MINIMAL | {"productionVariants": [VARIANT | {"InitialInstanceCount": 2}]}


def said(document: Json, now: str | None = None) -> str:
    asked = read(document)
    (found,) = requested_scaling("E", asked.config, asked.scaling, [], "stack/e/", now=now)
    return sentence(found)


def tracked(**tracking: Any) -> list[Json]:
    return [{"name": "own", "targetTracking": tracking}]


def predefined(metric: str) -> Json:
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}}


def customized(**metric: Any) -> Json:
    return {"CustomizedMetricSpecification": metric}


def surge(alarm: Json | None = None, **step: Any) -> list[Json]:
    return [SURGE | {"step": SURGE["step"] | step, "alarm": SURGE["alarm"] | (alarm or {})}]  # type: ignore[operator]


def test_the_sentence_has_bounds_target_pauses_and_office_hours() -> None:
    policies = tracked(TargetValue=2100, ScaleOutCooldown=60)

    assert said(scaled(maxCapacity=4, policies=policies, officeHours=OFFICE)) == (
        "1 to 4 instances, holding 2,100 invocations per instance and minute; "
        f"{PAUSES}; at least 2 on weekdays from 07:00 to 20:00 Berlin time"
    )


def test_a_deployment_in_the_office_hours_gives_the_same_sentence_as_at_night() -> None:
    document = scaled(policies=[TRACKED], officeHours=OFFICE)

    assert said(document, now="2026-12-07T12:00:00Z") == said(document, now="2026-12-07T23:00:00Z")
    assert said(document, now="2026-12-07T12:00:00Z").startswith("1 to 10 instances")


@pytest.mark.parametrize(
    ("document", "begin"),
    [
        (
            scaled(policies=tracked(TargetValue=5, **predefined(FAST))),
            "1 to 10 instances, holding 5 concurrent requests per model; ",
        ),
        (
            scaled(policies=tracked(TargetValue=1)),
            "1 to 10 instances, holding 1 invocation per instance and minute; ",
        ),
        (
            scaled(ON_SERVERLESS, maxCapacity=8, policies=tracked(TargetValue=0.7)),
            "provisioned concurrency 1 to 8, holding 70 % of the provisioned concurrency in use; ",
        ),
        (
            scaled(ASYNC, minCapacity=0, preset="to-zero"),
            "0 to 10 instances, holding a backlog of 5 requests per instance; ",
        ),
        (
            scaled(
                policies=tracked(TargetValue=70, **customized(MetricName="Queue", Namespace="Own", Statistic="Sum"))
            ),
            "1 to 10 instances, holding Queue at 70; ",
        ),
    ],
    ids=["concurrent requests", "one invocation", "provisioned concurrency", "backlog", "customized"],
)
def test_each_kind_and_metric_has_its_words(document: Json, begin: str) -> None:
    assert said(document).startswith(begin)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("SageMakerInferenceComponentInvocationsPerCopy", "1 invocation per copy and minute"),
        (
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
            "1 concurrent request per copy",
        ),
    ],
)
def test_an_inference_component_is_said_by_its_copies(metric: str, words: str) -> None:
    policy = {"name": "own", "targetTracking": {"TargetValue": 1} | predefined(metric)}
    asked = Scaling({}, {"llm": RequestedResource(0, 3, [policy])})

    (found,) = requested_scaling("E", {"ProductionVariants": []}, asked, [], "stack/e/", components=["llm"])

    assert sentence(found) == f"0 to 3 copies, holding {words}; waits 300 s between additions and between removals"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"Expression": "m1 / 2", "Label": "half of the queue"}, "half of the queue"),
        ({"Expression": "m1 / 2"}, "m1 / 2"),
        ({"MetricStat": {"Metric": {"MetricName": "Other", "Namespace": "Own"}, "Stat": "Sum"}}, "Other"),
    ],
    ids=["label", "expression", "metric"],
)
def test_metric_math_is_named_for_the_query_that_returns_data(query: Json, name: str) -> None:
    source = {"Metric": {"MetricName": "Queue", "Namespace": "Own"}, "Stat": "Sum"}
    queries = [{"Id": "m1", "MetricStat": source, "ReturnData": False}, {"Id": "e1"} | query]

    document = scaled(policies=tracked(TargetValue=70, **customized(Metrics=queries)))

    assert said(document).startswith(f"1 to 10 instances, holding {name} at 70; ")


@pytest.mark.parametrize(
    ("cooldowns", "pauses"),
    [
        ({"ScaleOutCooldown": 300}, "waits 300 s between additions and between removals"),
        ({"ScaleOutCooldown": 120, "ScaleInCooldown": 600}, "waits 120 s between additions and 600 s between removals"),
        ({"DisableScaleIn": True}, "waits 60 s between additions and does not remove"),
    ],
    ids=["the same", "different", "scale-in is disabled"],
)
def test_cooldowns_are_pauses_between_changes(cooldowns: Json, pauses: str) -> None:
    assert said(scaled(policies=tracked(TargetValue=600, **cooldowns))) == (
        f"1 to 10 instances, holding 600 invocations per instance and minute; {pauses}"
    )


def test_targets_with_the_same_pauses_are_said_together() -> None:
    fast = {"name": "fast", "targetTracking": {"TargetValue": 5} | predefined(FAST)}

    assert said(scaled(policies=[TRACKED, fast])) == (
        "1 to 10 instances, holding 600 invocations per instance and minute and 5 concurrent requests per model; "
        f"{PAUSES}"
    )


def test_targets_with_different_pauses_are_said_one_by_one() -> None:
    fast = {"name": "fast", "targetTracking": {"TargetValue": 5, "DisableScaleIn": True} | predefined(FAST)}

    assert said(scaled(policies=[TRACKED, fast])) == (
        f"{HELD}; also holding 5 concurrent requests per model; waits 60 s between additions and does not remove"
    )


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        (surge(), "adds 2 when InvocationsPerInstance is above 960 for 1 min, then waits 60 s"),
        (
            surge(
                StepAdjustments=[
                    {"MetricIntervalLowerBound": 480.0, "ScalingAdjustment": 4},
                    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 480.0, "ScalingAdjustment": 2},
                ]
            ),
            "adds 2 when InvocationsPerInstance is above 960 for 1 min, adds 4 from 1,440 up, then waits 60 s",
        ),
        (
            surge(
                {"ComparisonOperator": "LessThanOrEqualToThreshold", "Threshold": 100, "EvaluationPeriods": 5},
                StepAdjustments=[
                    {"MetricIntervalLowerBound": -50, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
                    {"MetricIntervalUpperBound": -50, "ScalingAdjustment": -2},
                    {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 0},
                ],
            ),
            "removes 1 when InvocationsPerInstance is at most 100 for 5 min, removes 2 from 50 down, then waits 60 s",
        ),
        (
            surge(
                {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "DatapointsToAlarm": 2, "EvaluationPeriods": 3},
                AdjustmentType="PercentChangeInCapacity",
                MinAdjustmentMagnitude=1,
                StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 50}],
            ),
            "adds 50 %, at least 1, when InvocationsPerInstance is at least 960 for 2 of 3 min, then waits 60 s",
        ),
        (
            surge({"Period": 10, "EvaluationPeriods": 3}, AdjustmentType="ExactCapacity", Cooldown=0),
            "sets 2 when InvocationsPerInstance is above 960 for 30 s, then waits 0 s",
        ),
    ],
    ids=["one step", "two steps", "removes", "percent", "exact"],
)
def test_steps_are_said_with_their_alarm(policies: list[Json], words: str) -> None:
    assert said(scaled(policies=policies)) == f"1 to 10 instances, {words}"
    assert said(scaled(policies=[TRACKED, *policies])) == f"{HELD}; {words}"


def test_the_steps_of_an_alarm_on_metric_math_name_its_expression() -> None:
    queries = [
        {
            "Id": "m1",
            "MetricStat": {"Metric": {"MetricName": "Queue", "Namespace": "Own"}, "Period": 300, "Stat": "Sum"},
            "ReturnData": False,
        },
        {"Id": "e1", "Expression": "m1 / 2"},
    ]
    compared = {"Threshold": 7, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2}
    policies = [SURGE | {"alarm": compared | {"Metrics": queries}}]

    assert said(scaled(policies=policies)) == (
        "1 to 10 instances, adds 2 when m1 / 2 is above 7 for 10 min, then waits 60 s"
    )


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"weekends": "09:00-18:00", "timeZone": "UTC"}, "at least 2 on weekends from 09:00 to 18:00 UTC"),
        (
            {"weekdays": "07:00-20:00", "weekends": "09:30-18:00", "timeZone": "America/New_York"},
            "at least 2 on weekdays from 07:00 to 20:00 and on weekends from 09:30 to 18:00 New York time",
        ),
    ],
    ids=["weekends", "both"],
)
def test_office_hours_are_said_as_hours(hours: Json, words: str) -> None:
    assert said(scaled(policies=[TRACKED], officeHours=hours | {"minCapacity": 2})) == f"{HELD}; {words}"


def test_a_resource_that_is_off_outside_of_the_office_hours_says_so_first() -> None:
    document = scaled(ASYNC, minCapacity=0, preset="off-hours", officeHours=OFFICE)

    assert said(document).startswith(
        "2 to 10 instances on weekdays from 07:00 to 20:00 Berlin time and 0 otherwise, holding a backlog of 5 requests "
    )


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (DAY, "sets 3 to 10 on weekdays at 07:00 Berlin time"),
        (DAY | {"schedule": "cron(5 7 ? * MON,WED *)"}, "sets 3 to 10 on MON,WED at 07:05 Berlin time"),
        (DAY | {"schedule": "cron(0 7 * * ? *)"}, "sets 3 to 10 every day at 07:00 Berlin time"),
        (DAY | {"schedule": "cron(0 7 1 * ? *)"}, "sets 3 to 10 at cron(0 7 1 * ? *) Berlin time"),
        (DAY | {"schedule": "rate(12 hours)"}, "sets 3 to 10 every 12 hours"),
        (DAY | {"schedule": "rate(1 day)"}, "sets 3 to 10 every 1 day"),
        (DAY | {"schedule": "at(2030-01-31T07:00:00)"}, "sets 3 to 10 on 2030-01-31 at 07:00 Berlin time"),
        (DAY | {"maxCapacity": 3}, "sets 3 on weekdays at 07:00 Berlin time"),
        (
            DAY | {"startTime": "2030-01-01T00:00:00Z", "endTime": "2030-02-01T00:00:00Z"},
            "sets 3 to 10 on weekdays at 07:00 Berlin time, from 2030-01-01T00:00:00Z, until 2030-02-01T00:00:00Z",
        ),
    ],
    ids=["weekdays", "days", "every day", "other cron", "rate", "one day", "at", "fixed", "limits"],
)
def test_other_scheduled_actions_are_said_by_their_schedule(action: Json, words: str) -> None:
    assert said(scaled(policies=[TRACKED], scheduledActions=[action])) == f"{HELD}; {words}"


def test_office_hours_beside_other_actions_keep_the_bounds_in_force() -> None:
    document = scaled(policies=[TRACKED], officeHours=OFFICE, scheduledActions=[EVENING])

    assert said(document) == (
        f"{HELD}; at least 2 on weekdays from 07:00 to 20:00 Berlin time; sets 1 to 10 on weekdays at 20:00 Berlin time"
    )


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (scaled(policies=[]), NO_POLICY),
        (
            scaled(policies=[], officeHours=OFFICE),
            f"{NO_POLICY}; at least 2 on weekdays from 07:00 to 20:00 Berlin time",
        ),
        (scaled(maxCapacity=1, policies=[TRACKED]), "stays at 1 instance"),
        (scaled(ON_TWO, minCapacity=2, maxCapacity=2, policies=[]), "stays at 2 instances"),
    ],
    ids=["no policy", "no policy but hours", "one", "two"],
)
def test_bounds_that_nothing_moves_are_said_alone(document: Json, words: str) -> None:
    assert said(document) == words


def test_suspended_parts_are_said_last() -> None:
    state = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": True}

    assert said(scaled(policies=[TRACKED], suspendedState=state)) == (
        f"{HELD}; suspended: removing by policies and scheduled actions"
    )
    assert said(scaled(policies=[TRACKED], suspendedState={"DynamicScalingInSuspended": False})) == HELD
