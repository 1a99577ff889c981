import copy
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from notify_success.logic import message, result
from shared import records
from shared.announcements import Speaker
from shared.notification import text_of
from tests.unit.conftest import ENVIRONMENT, EXECUTION, EXECUTION_ARN, PLANNED, Context
from tests.unit.fakes import FakeLocks, FakeSns, client_error

VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "h2o3-gbm",
    "InstanceType": "ml.c5.2xlarge",
    "InitialInstanceCount": 1,
}
SUMMARY = {
    "variantName": "AllTraffic",
    "resourceId": "endpoint/test-endpoint/variant/AllTraffic",
    "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "minCapacity": 1,
    "maxCapacity": 4,
    "policyName": "test-endpoint-AllTraffic-target-tracking",
    "metric": "SageMakerVariantInvocationsPerInstance",
    "targetValue": 5000,
}
PLAN = PLANNED | {
    "action": "create",
    "endpointName": "test-endpoint",
    "endpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint",
    "endpointConfig": {"name": "test-endpoint-0123456789ab", "request": {"ProductionVariants": [VARIANT]}},
    "previousEndpointConfigName": None,
    "modelNames": ["h2o3-gbm"],
    "scaling": {
        "targets": [{"ResourceId": SUMMARY["resourceId"], "ScalableDimension": SUMMARY["scalableDimension"]}],
        "policies": [{}],
        "summary": [SUMMARY],
        "deregister": [],
        "remove": {"policies": [], "targets": []},
    },
    "alarms": {"put": [], "remove": []},
    "planHash": "0123456789ab",
    "steps": [{"state": "Create endpoint", "action": "create", "what": "endpoint test-endpoint"}],
    "trigger": {"kind": "request"},
    "differences": [],
    "warnings": [],
}
ENDPOINT = {
    "status": "InService",
    "settled": True,
    "elapsedSeconds": 420.0,
    "old": None,
    "endpointConfigName": "test-endpoint-0123456789ab",
    "variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "currentInstanceCount": 1}],
}


def plan(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(PLAN) | changes


def said(**changes: Any) -> str:
    return text_of(message(result(plan(**changes), ENDPOINT, "one"), EXECUTION_ARN, "undo it"))


def test_the_output_is_made_for_the_next_state() -> None:
    assert result(plan(), ENDPOINT, "one") == {
        "outcome": "SUCCEEDED",
        "deploymentId": "one",
        "changed": True,
        "action": "create",
        "endpointName": "test-endpoint",
        "endpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint",
        "endpointConfigName": "test-endpoint-0123456789ab",
        "previousEndpointConfigName": None,
        "previousWeights": None,
        "modelNames": ["h2o3-gbm"],
        "variants": [
            {
                "variantName": "AllTraffic",
                "currentWeight": 1.0,
                "currentInstanceCount": 1,
                "modelName": "h2o3-gbm",
                "instanceType": "ml.c5.2xlarge",
            }
        ],
        "scaling": {"changed": True, "variants": [SUMMARY], "removed": []},
        "alarms": {"changed": False, "put": [], "removed": []},
        "old": {"removed": [], "kept": [], "left": []},
        "secondsToInService": 420.0,
        "planHash": "0123456789ab",
        "steps": [{"state": "Create endpoint", "action": "create", "what": "endpoint test-endpoint"}],
        "trigger": {"kind": "request"},
        "differences": [],
        "warnings": [],
    }


def test_the_message_says_what_happened_what_serves_and_what_to_do() -> None:
    text = said()

    assert text.startswith(
        "test-endpoint is in service.\n\n"
        "What happened\nThe endpoint was created; it was in service after 7 min.\n\n"
        "What was done\n- Create endpoint test-endpoint\n\n"
        "What serves now\nConfig test-endpoint-0123456789ab\n"
        "Variant AllTraffic: h2o3-gbm on 1 × ml.c5.2xlarge, weight 1\n\n"
        "How it scales\nVariant AllTraffic: 1 to 4, SageMakerVariantInvocationsPerInstance at 5000\n\n"
        "What to do\nNothing.\n\n"
        "How to undo it\nundo it\n\n"
        "Execution: https://eu-west-1.console.aws.amazon.com/states/"
    )
    assert json.loads(text.splitlines()[-1]) == result(plan(), ENDPOINT, "one") | {"executionArn": EXECUTION_ARN}


def test_warnings_are_what_there_is_to_do() -> None:
    assert "What to do\nAcceleratorType is left out." in said(warnings=["AcceleratorType is left out."])


ALARMS = {"put": [{"AlarmName": "slipway/test-endpoint/AllTraffic/server-errors"}], "remove": []}
NOTHING = PLAN["scaling"] | {"targets": [], "policies": [], "summary": []}


@pytest.mark.parametrize(
    ("changes", "changed", "sentence"),
    [
        ({"action": "update"}, True, "The endpoint was updated; the new config served after 7 min."),
        ({"action": "none", "scaling": NOTHING}, False, "Everything was as asked already; nothing was changed."),
        ({"action": "none"}, True, "only its scaling was changed."),
        ({"action": "none", "scaling": NOTHING, "alarms": ALARMS}, True, "only its alarms were changed."),
        ({"action": "none", "alarms": ALARMS}, True, "only its scaling and its alarms were changed."),
        ({"action": "join", "scaling": NOTHING}, False, "Another execution of the same request was at work already"),
        (
            {"trigger": {"kind": "approval", "modelPackageArn": "arn:package/2"}},
            True,
            "Model package arn:package/2 was approved. The endpoint was created",
        ),
    ],
)
def test_what_was_done_is_told_as_it_was(changes: dict[str, Any], changed: bool, sentence: str) -> None:
    assert result(plan(**changes), ENDPOINT, "one")["changed"] is changed
    assert sentence in said(**changes)


@pytest.mark.parametrize("action", ["none", "join"])
def test_what_this_execution_did_not_bring_into_service_took_it_no_time(action: str) -> None:
    assert result(plan(action=action), ENDPOINT, "one")["secondsToInService"] == 0


def test_an_endpoint_that_does_not_scale_is_told_so() -> None:
    assert "How it scales\nThe request asks for no scaling." in said(scaling=NOTHING)


def test_a_serverless_variant_is_told_by_its_concurrency() -> None:
    serverless = {"VariantName": "AllTraffic", "ModelName": "h2o3-gbm", "ServerlessConfig": {}}
    endpoint = ENDPOINT | {"variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "maxConcurrency": 20}]}
    output = result(
        plan(endpointConfig={"name": "c", "request": {"ProductionVariants": [serverless]}}), endpoint, "one"
    )

    assert "h2o3-gbm on serverless, 20 at a time" in text_of(message(output, EXECUTION_ARN, ""))


def test_the_doorway_announces_counts_and_answers_with_the_output(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, sns = app("notify_success"), FakeSns()
    monkeypatch.setattr(module, "SNS", sns)
    monkeypatch.setattr(module, "SPEAKER", Speaker(FakeLocks(), "locks", "a state"))
    event = {
        "plan": plan(),
        "endpoint": ENDPOINT,
        "execution": EXECUTION,
        "now": "2026-11-21T05:20:00.000Z",
    }

    output = module.lambda_handler(event, context)

    assert output == result(plan(), ENDPOINT, "one") | {"messageId": "67f0c4a4-0000-4000-8000-000000000001"}
    assert sns.published["TopicArn"] == ENVIRONMENT["SUCCESS_TOPIC_ARN"]
    assert sns.published["MessageAttributes"]["outcome"]["StringValue"] == "SUCCEEDED"
    (counted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    assert (counted["DeploymentsSucceeded"], counted["SecondsToInService"]) == ([1.0], [420.0])


def test_a_deployment_that_changed_nothing_tells_no_seconds_to_in_service(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = app("notify_success")
    monkeypatch.setattr(module, "SNS", FakeSns())
    monkeypatch.setattr(module, "SPEAKER", Speaker(FakeLocks(), "locks", "a state"))
    event = {
        "plan": plan(action="none"),
        "endpoint": ENDPOINT,
        "execution": EXECUTION,
        "now": "2026-11-21T05:20:00.000Z",
    }

    module.lambda_handler(event, context)

    (counted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    assert counted["DeploymentsSucceeded"] == [1.0]
    assert "SecondsToInService" not in counted


TARGET = {"ResourceId": SUMMARY["resourceId"], "ScalableDimension": SUMMARY["scalableDimension"]}
POLICY = TARGET | {"PolicyName": "test-endpoint-AllTraffic-target-tracking"}


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"deregister": [TARGET], "targets": [TARGET]}, []),
        ({"deregister": [TARGET]}, [f"scalable target {TARGET['ResourceId']} ({TARGET['ScalableDimension']})"]),
        (
            {"remove": {"policies": [], "targets": [TARGET]}},
            [f"scalable target {TARGET['ResourceId']} ({TARGET['ScalableDimension']})"],
        ),
        (
            {"remove": {"policies": [POLICY], "targets": []}},
            [f"policy test-endpoint-AllTraffic-target-tracking of {TARGET['ResourceId']}"],
        ),
    ],
)
def test_what_is_gone_of_the_scaling_is_told_and_counts_as_a_change(changes: dict[str, Any], gone: list[str]) -> None:
    changed = {"action": "none", "scaling": NOTHING | changes}

    output = result(plan(**changed), ENDPOINT, "one")

    assert output["scaling"]["removed"] == gone
    assert (output["changed"], output["scaling"]["changed"]) == (True, True)
    assert all(f"Gone: {what}" in said(**changed) for what in gone)


def test_what_went_of_earlier_deployments_is_told() -> None:
    used = "endpoint config b: endpoint other uses it"
    old = {"removed": ["endpoint config a"], "kept": [used], "left": ["endpoint config c"]}

    output = result(plan(), ENDPOINT | {"old": old}, "one")

    assert output["old"] == old
    assert (
        f"What went of earlier deployments\nRemoved: endpoint config a\nKept: {used}\n"
        "Left for the next deployment: endpoint config c"
    ) in text_of(message(output, EXECUTION_ARN, ""))


@pytest.mark.parametrize(
    ("error", "cause", "why"),
    [("AccessDenied", "not now", "AccessDenied: not now"), ("States.Timeout", "", "States.Timeout")],
)
def test_that_nothing_could_go_is_a_warning(error: str, cause: str, why: str) -> None:
    output = result(plan(), ENDPOINT | {"old": {"Error": error, "Cause": cause}}, "one")

    assert output["old"] == {"removed": [], "kept": [], "left": []}
    assert output["warnings"] == [
        f"Configs of earlier deployments could not be removed; the next deployment tries again. {why}"
    ]


def announced(app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch, table: Any) -> Any:
    module = app("notify_success")
    monkeypatch.setattr(module, "SNS", FakeSns())
    monkeypatch.setattr(module, "SPEAKER", Speaker(table, "locks", "a state"))
    event = {"plan": plan(), "endpoint": ENDPOINT, "execution": EXECUTION, "now": "2026-11-21T05:20:00.000Z"}
    return module.lambda_handler(event, context)


def test_the_deployment_is_put_on_record(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = FakeLocks()

    announced(app, context, monkeypatch, table)

    (record,) = records.newest_first(table, "deployments", "test-endpoint")
    assert (record.deployment_id, record.outcome, record.is_deployed) == ("one", "SUCCEEDED", True)
    assert (record.config_name, record.request) == ("test-endpoint-0123456789ab", {"endpointName": "test-endpoint"})


def test_a_deployment_that_cannot_be_put_on_record_is_told_all_the_same_and_says_so(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = FakeLocks()
    table.errors["PutItem"] = client_error("AccessDeniedException", "not now", "PutItem")

    output = announced(app, context, monkeypatch, table)

    assert output["messageId"] == "67f0c4a4-0000-4000-8000-000000000001"
    assert output["warnings"] == [
        "Deployment one is not on record, so a rollback knows nothing of it: PutItem: AccessDeniedException: not now. "
        "Mend that before the next one."
    ]


def test_a_shift_says_what_it_did() -> None:
    changes = {"action": "shift", "previous": {"weights": {"A": 0.0, "B": 1.0}}, "steps": []}

    output = result(plan(**changes), ENDPOINT, "one")

    assert (output["changed"], output["previousWeights"]) == (True, {"A": 0.0, "B": 1.0})
    assert "The weights of the variants were changed; they were in effect after 7 min." in said(**changes)


def test_what_is_not_as_asked_is_told() -> None:
    changes = {"action": "none", "scaling": NOTHING, "steps": [], "differences": ["A has 3."], "warnings": ["A has 3."]}

    assert result(plan(**changes), ENDPOINT, "one")["differences"] == ["A has 3."]
    text = said(**changes)
    assert "served the config as asked already, but not all of it is as asked: see What to do." in text
    assert "What to do\nA has 3." in text


def test_a_config_that_was_created_again_is_a_change() -> None:
    steps = [{"state": "Create endpoint config", "action": "create", "what": "endpoint config x"}]
    changes = {"action": "none", "scaling": NOTHING, "steps": steps}

    assert result(plan(**changes), ENDPOINT, "one")["changed"] is True
    assert "only its endpoint config, which had been deleted, was changed." in said(**changes)
