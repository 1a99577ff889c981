"""What the command says of plans, results and failures."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionClosedError,
    InvalidRegionError,
    ProxyConnectionError,
    SSLError,
)
from click.testing import CliRunner
from rich.console import Console

from slipway import executions, explanation, following, history, plan_view, result_view, timeline
from slipway.aws import LONGEST_MESSAGE, Session, as_command_error
from slipway.calls import Call
from slipway.commands import status
from slipway.errors import CommandError, Exit
from slipway.main import main
from slipway.timeline import Timeline

STARTED = datetime(2026, 11, 21, tzinfo=UTC)
UNCHANGED: dict[str, Any] = {"endpointName": "churn", "outcome": "SUCCEEDED", "action": "none", "changed": False}
TARGET = "scalable target endpoint/churn/variant/A"


def shown(renderables: Iterable[Any]) -> str:
    out = io.StringIO()
    Console(file=out, width=120).print(*renderables, sep="\n")
    return out.getvalue()


def ended(status: str, **members: Any) -> dict[str, Any]:
    return {"status": status, "name": "one", "startDate": STARTED, **members}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({}, "churn runs this already; nothing was changed"),
        ({"changed": True, "scaling": {"changed": True}}, "churn ran this config already; its scaling changed"),
        (
            {"changed": True, "scaling": {"changed": True}, "alarms": {"changed": True}},
            "churn ran this config already; its scaling and its alarms changed",
        ),
        (
            {"changed": True, "components": {"changed": True}, "scaling": {"changed": True}},
            "churn ran this config already; its inference components and its scaling changed",
        ),
        (
            {"changed": True, "schedule": {"changed": True, "sentence": None}},
            "churn ran this config already; its schedule changed",
        ),
        ({"changed": True}, f"churn {result_view.CREATED_AGAIN}"),
        ({"removed": []}, "churn does not exist; nothing was changed"),
        ({"outcome": "PLANNED", "action": "join"}, "churn was planned; nothing was changed"),
    ],
)
def test_the_result_says_what_was_changed(output: dict[str, Any], said: str) -> None:
    text = shown(result_view.text(ended("SUCCEEDED", output=json.dumps(UNCHANGED | output))))

    assert f"SUCCEEDED: {said}\n" in text


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"currentInstanceCount": 2, "instanceType": "ml.m5.large"}, "A: 2 × ml.m5.large, model m"),
        (
            {
                "currentInstanceCount": 3,
                "instancePools": [
                    {"instanceType": "ml.c6i.xlarge", "currentInstanceCount": 2},
                    {"instanceType": "ml.m6i.xlarge", "currentInstanceCount": 1},
                ],
            },
            "A: 2 × ml.c6i.xlarge and 1 × ml.m6i.xlarge, model m",
        ),
        ({"maxConcurrency": 5}, "A: serverless, model m"),
    ],
)
def test_the_result_says_what_a_variant_runs_on(variant: dict[str, Any], said: str) -> None:
    live = {"endpointConfigName": "churn-1", "variants": [{"variantName": "A", "modelName": "m", **variant}]}

    assert said in shown(result_view.text(ended("SUCCEEDED", output=json.dumps(UNCHANGED | live))))


def test_a_stopped_execution_without_an_error_is_explained() -> None:
    result = shown(result_view.text(ended("ABORTED")))
    found = {"deploymentId": "one", "status": "ABORTED", "error": None, "cause": None, "lastState": "Check endpoint"}
    explained = shown(explanation.text(found | {"attempts": [], "containerLogs": []}))

    assert "ABORTED\nThe execution was stopped. Another execution cleans up: docs/operations.md" in result
    assert explained == (
        "one: ABORTED\nThe last state was Check endpoint.\n\nWhat to check: docs/operations.md#executionstopped\n"
    )


def test_the_endpoint_of_an_approval_is_that_of_its_plan() -> None:
    planned = {"taskSucceededEventDetails": {"output": json.dumps({"Payload": {"endpointName": "churn"}})}}
    other = {"taskSucceededEventDetails": {"output": "[]"}}

    assert explanation.endpoint_name([{}, other, planned]) == "churn"
    assert explanation.endpoint_name([{}]) is None


def test_a_state_that_only_checks_again_did_not_fail() -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Check"}]
    machine = {"StartAt": "Check", "States": {"Check": {"Type": "Task", "Resource": "r", "Catch": catch, "End": True}}}
    entered = {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Check"}}
    timed_out = {"type": "TaskTimedOut", "taskTimedOutEventDetails": {"error": "States.Timeout"}}
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "CreateFailed", "cause": "no"}}
    history = [event | {"timestamp": STARTED} for event in (entered, timed_out, failed)]

    (only,) = explanation.attempts(history, machine)

    assert (only["state"], only["error"], only["cause"]) == ("Check", "CreateFailed", "no")


def test_a_log_has_one_line_for_each_state_however_narrow_it_is() -> None:
    out = io.StringIO()
    machine = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "a:states:::aws-sdk:b:c", "End": True}}}
    shown = Timeline(machine)
    events = (
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "A"}},
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "A"}},
    )
    shown.take_all([event | {"timestamp": STARTED} for event in events])

    with following.shown(Console(file=out, width=20)) as show:
        show(shown)

    assert out.getvalue().splitlines() == shown.lines()


def test_a_note_never_breaks_within_a_word() -> None:
    start = "  ✓ Create endpoint config    0:00     0:00  "

    assert timeline.beside(start, "InService, 2 times", 60) == f"{start}InService, 2\n{' ' * len(start)}times"
    assert timeline.beside(start, "sagemaker:createEndpointConfig", 60) == (
        f"{start.rstrip()}\n      sagemaker:createEndpointConfig"
    )


def test_registering_what_exists_is_an_update() -> None:
    report = {
        "exists": {"scalableTargets": ["endpoint/churn/variant/A"], "scalingPolicies": []},
        "steps": [
            {"action": "register", "what": f"{TARGET} (sagemaker:variant:DesiredInstanceCount), 1 to 7", "state": "R"},
            {"action": "register", "what": "policy new of endpoint/churn/variant/A", "state": "R"},
        ],
    }

    assert [row.action for row in plan_view.rows(report)] == ["update", "register"]
    assert plan_view.summary(report) == "1 to create, 1 to update, 0 to delete."


def test_a_screen_shows_the_last_lines_that_fit() -> None:
    lines = ["one", "two\nwrapped", "three"]

    assert following.last_rows(lines, 3) == ["two\nwrapped", "three"]
    assert following.last_rows(lines, 2) == ["three"]
    assert following.last_rows(lines, 40) == lines


def test_a_request_that_is_too_large_is_not_sent() -> None:
    with pytest.raises(CommandError) as raised:
        executions.start(Session(), "arn", {"a": "b" * executions.MAX_INPUT_BYTES})

    assert (raised.value.code, raised.value.exit_code) == ("RequestTooLarge", Exit.USAGE)
    assert raised.value.message == "The request has 262153 bytes, and Step Functions takes 262144."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionClosedError(endpoint_url="https://a"), "NoConnection"),
        (ProxyConnectionError(proxy_url="https://a"), "NoConnection"),
        (SSLError(endpoint_url="https://a", error="no"), "NoConnection"),
        (ConfigParseError(path="config"), "ConfigInvalid"),
        (InvalidRegionError(region_name="a b"), "RegionInvalid"),
    ],
)
def test_every_way_not_to_reach_aws_has_the_same_exit_code(error: BotoCoreError, code: str) -> None:
    known = as_command_error(error)

    assert (known.code, known.exit_code) == (code, Exit.UNREACHABLE)
    assert known.remedy


def test_an_endpoint_url_without_a_scheme_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4599")

    with pytest.raises(CommandError) as raised:
        Session(chosen_region="eu-west-1").client("sts")

    assert (raised.value.code, raised.value.exit_code) == ("EndpointInvalid", Exit.UNREACHABLE)


def test_a_long_message_of_aws_is_one_short_line() -> None:
    error = ClientError({"Error": {"Code": "ValidationException", "Message": "a\n" * 10_000}}, "StartExecution")

    message = as_command_error(error).message

    assert "\n" not in message
    assert len(message) < LONGEST_MESSAGE + 30


def test_the_shown_command_has_the_profile_of_the_user() -> None:
    shown = Call("sts", "GetCallerIdentity").command("eu-west-1", "prod")

    assert shown == "aws sts get-caller-identity --region eu-west-1 --profile prod"


def test_an_answer_that_is_not_text_is_written_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    image = b"\x89PNG\r\n"
    monkeypatch.setattr(Call, "make", lambda *_: {"Body": io.BytesIO(image), "ContentType": "image/png"})
    words = ["invoke", "churn", "--body", "{}"]

    written = CliRunner().invoke(main, words).stdout_bytes
    document = json.loads(CliRunner().invoke(main, [*words, "--output", "json"]).output)

    assert written == image
    assert document == {"variant": None, "contentType": "image/png", "body": None, "bodyBase64": "iVBORw0K"}


def record(**members: Any) -> dict[str, Any]:
    return {"kind": "request", "action": "create", "outcome": "SUCCEEDED", "endedAt": "2026-03-27T19:01:00Z"} | members


@pytest.mark.parametrize(
    ("newest", "since"),
    [
        (record(kind="schedule", action="remove"), "2026-03-27T19:01:00Z"),
        (record(kind="schedule", action="remove", outcome="DeleteFailed"), None),
        (record(kind="schedule"), None),
        (record(kind="removal", action="remove"), None),
        (record(), None),
    ],
)
def test_an_endpoint_is_away_if_its_schedule_removed_it_last(newest: dict[str, Any], since: str | None) -> None:
    assert history.away_since([record(outcome="DeadlineExceeded"), newest, record()]) == since


def test_status_says_since_when_an_endpoint_is_away() -> None:
    away = status.absent("churn", "2026-03-27T19:01:00Z")

    assert away.plain == (
        "Endpoint churn is away: its schedule removed it at 2026-03-27 19:01 UTC, and creates it again for its next "
        "hours."
    )
    assert status.absent("churn", None).plain == "There is no endpoint churn."


def test_invoke_names_the_component_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    def make(call: Call, _: object) -> dict[str, Any]:
        sent.append(call.request)
        return {"Body": io.BytesIO(b"[1]"), "ContentType": "application/json"}

    monkeypatch.setattr(Call, "make", make)

    ended = CliRunner().invoke(main, ["invoke", "churn", "--body", "{}", "--component", "llm-a"])

    assert (ended.exit_code, ended.output) == (0, "[1]\n")
    assert sent == [
        {
            "EndpointName": "churn",
            "ContentType": "application/json",
            "InferenceComponentName": "llm-a",
            "Body": b"{}",
        }
    ]


def test_invoke_takes_a_variant_or_a_component() -> None:
    ended = CliRunner().invoke(main, ["invoke", "churn", "--body", "{}", "--component", "llm-a", "--variant", "A"])

    assert ended.exit_code == 2
    assert "--variant and --component cannot be combined: a component is on one variant." in ended.output


def test_a_plan_and_a_result_say_what_each_scaled_variant_will_do() -> None:
    scaling = {"changed": True, "resources": [{"name": "A", "sentence": "1 to 4 instances, holding Queue at 70"}]}
    planned = {"endpointName": "churn", "exists": {"endpoint": None}, "steps": [], "warnings": [], "planHash": None}

    plan = planned | {"scaling": scaling}
    result = ended("SUCCEEDED", output=json.dumps(UNCHANGED | {"changed": True, "scaling": scaling}))

    assert "Scaling of A: 1 to 4 instances, holding Queue at 70" in shown(plan_view.text(plan))
    assert "**Scaling**\n\n- A: 1 to 4 instances, holding Queue at 70" in plan_view.markdown(plan)
    assert "scaling  A: 1 to 4 instances, holding Queue at 70" in shown(result_view.text(result))
    assert "Scaling" not in plan_view.markdown(planned)


def test_the_result_has_a_line_for_each_component_and_for_each_that_was_deleted() -> None:
    llm = {"name": "llm", "base": None, "status": "InService", "modelNames": ["m"], "currentCopyCount": 2}
    adapter = {"name": "fr", "base": "llm", "status": "InService", "modelNames": [], "currentCopyCount": None}
    hosted = {"changed": True, "live": [llm | {"desiredCopyCount": 3}, adapter], "removed": ["old"]}

    text = shown(result_view.text(ended("SUCCEEDED", output=json.dumps(UNCHANGED | {"components": hosted}))))

    assert "  component  llm: InService, 2 copies (scaling to 3), model m\n" in text
    assert "  component  fr: InService, adapter of llm\n" in text
    assert "  removed  component old\n" in text


def test_a_plan_and_a_result_say_in_which_hours_the_endpoint_exists() -> None:
    schedule = {"changed": True, "sentence": "up on weekdays from 07:00 to 20:00 Berlin time"}
    planned = {"endpointName": "churn", "exists": {"endpoint": None}, "steps": [], "warnings": [], "planHash": None}

    plan = planned | {"schedule": schedule}
    result = ended("SUCCEEDED", output=json.dumps(UNCHANGED | {"changed": True, "schedule": schedule}))

    assert f"Schedule: {schedule['sentence']}" in shown(plan_view.text(plan))
    assert f"**Schedule**\n\n- {schedule['sentence']}" in plan_view.markdown(plan)
    assert f"schedule {schedule['sentence']}" in shown(result_view.text(result))
    assert "Schedule" not in shown(plan_view.text(planned | {"schedule": {"sentence": None}}))


def test_the_logs_are_those_of_the_endpoint_and_of_the_components_that_the_cause_names() -> None:
    cause = "Inference component llm is Failed.\nThe container logs are in /aws/sagemaker/InferenceComponents/llm.\n"

    assert explanation.log_groups("churn", cause * 2) == [
        "/aws/sagemaker/Endpoints/churn",
        "/aws/sagemaker/InferenceComponents/llm",
    ]
    assert explanation.log_groups("churn", None) == ["/aws/sagemaker/Endpoints/churn"]
