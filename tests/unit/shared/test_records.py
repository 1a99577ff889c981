import dataclasses
from typing import Any, cast

import pytest
from botocore.exceptions import ConnectTimeoutError

from shared import records
from shared.errors import ServiceUnavailable
from shared.planning.size import MOST_BYTES
from shared.records import Record
from tests.support.plans import CONFIG, PREVIOUS_CONFIG, deployment_plan
from tests.unit.conftest import EXECUTION
from tests.unit.conftest import RECORD as SUCCEEDED
from tests.unit.fakes import FakeLocks, client_error

RECORD = dataclasses.replace(
    SUCCEEDED,
    endpoint_name="Test-Endpoint",
    config_name="test-endpoint-0123456789ab",
    request={"endpointName": "Test-Endpoint", "autoscalingMaxCapacity": 4},
)


def started(at: str, **changes: Any) -> Record:
    return dataclasses.replace(RECORD, started_at=at, deployment_id=at, **changes)


def test_a_record_is_found_by_the_name_of_its_endpoint_in_any_case(dynamodb: Any) -> None:
    assert records.write(dynamodb, "deployments", RECORD) is None

    assert list(records.newest_first(dynamodb, "deployments", "TEST-endpoint")) == [RECORD]


def test_the_request_of_the_largest_plan_fits_into_a_record_with_any_letters(dynamodb: Any) -> None:
    record = dataclasses.replace(RECORD, request={"tags": [{"Key": "team", "Value": "ü" * (MOST_BYTES // 2 - 1000)}]})

    assert records.write(dynamodb, "deployments", record) is None


def test_the_newest_record_comes_first_and_each_endpoint_has_its_own(dynamodb: Any) -> None:
    first, second = started("2026-11-21T05:12:59.152Z"), started("2026-11-21T05:12:59.160Z")
    for record in (second, first, dataclasses.replace(RECORD, endpoint_name="other")):
        records.write(dynamodb, "deployments", record)

    assert list(records.newest_first(dynamodb, "deployments", "test-endpoint")) == [second, first]


def test_a_record_is_not_overwritten(dynamodb: Any) -> None:
    records.write(dynamodb, "deployments", RECORD)

    assert records.write(dynamodb, "deployments", dataclasses.replace(RECORD, outcome="NotificationFailed")) is None
    (found,) = records.newest_first(dynamodb, "deployments", "test-endpoint")
    assert found.outcome == "SUCCEEDED"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (client_error("AccessDeniedException", "not now", "PutItem"), "PutItem: AccessDeniedException: not now"),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), 'Connect timeout on endpoint URL: "https://dynamodb"'),
    ],
)
def test_a_record_that_cannot_be_written_is_reported_and_does_not_fail_the_execution(error: Any, text: str) -> None:
    table = FakeLocks()
    table.errors["PutItem"] = error

    assert records.write(table, "deployments", RECORD) == (
        f"Deployment one was not written to the history, so it cannot be restored: {text}. Fix this before the next "
        "deployment."
    )


def test_a_long_cause_is_cut(dynamodb: Any) -> None:
    records.write(dynamodb, "deployments", dataclasses.replace(RECORD, cause="x" * 5000))

    (found,) = records.newest_first(dynamodb, "deployments", "test-endpoint")
    assert found.cause == "x" * 1000


@pytest.mark.parametrize(
    ("changes", "is_deployed"),
    [
        ({}, True),
        ({"outcome": "CreateFailed"}, False),
        ({"changed": False}, False),
        ({"kind": "removal"}, False),
        ({"kind": "schedule"}, False),
    ],
)
def test_only_a_deployment_that_changed_the_endpoint_as_requested_can_be_restored(
    changes: dict[str, Any], is_deployed: bool
) -> None:
    assert dataclasses.replace(RECORD, **changes).is_deployed is is_deployed


def test_the_record_of_a_plan_has_its_models_and_the_restored_deployment() -> None:
    trigger = {"kind": "rollback", "deploymentId": "zero", "startedAt": "2026-11-20T05:12:59.152Z"}
    plan = deployment_plan(models=[{"ModelName": "m"}], trigger=trigger)

    record = records.of_plan(plan, cast(Any, EXECUTION), RECORD.ended_at, "SUCCEEDED", changed=True)

    assert (record.kind, record.rolled_back_to, record.models) == ("rollback", "zero", [{"ModelName": "m"}])
    assert (record.config_name, record.previous_config_name) == (CONFIG, PREVIOUS_CONFIG)
    assert (record.request_hash, record.request) == (plan["requestHash"], plan["request"])


def test_the_record_of_a_request_with_a_schedule_keeps_its_tests_for_that_schedule_alone(dynamodb: Any) -> None:
    tests = [{"name": "golden", "body": "1,2"}]
    request = {"endpointName": "e", "test": tests, "schedule": {"weekdays": "07:00-20:00", "timeZone": "UTC"}}
    plan = deployment_plan(request=request, endpointName="Test-Endpoint")

    record = records.of_plan(plan, cast(Any, EXECUTION), RECORD.ended_at, "SUCCEEDED", changed=True)

    assert (record.tests, "test" in (record.request or {})) == (tests, False)
    assert records.write(dynamodb, "deployments", record) is None
    assert list(records.newest_first(dynamodb, "deployments", "test-endpoint")) == [record]


def test_the_newest_records_do_not_count_those_of_a_schedule() -> None:
    ticks = [started(f"2026-11-{day}T05:45:00.000Z", kind="schedule") for day in (22, 21, 20)]
    deployed = [started(f"2026-11-1{day}T05:12:59.152Z") for day in (9, 8, 7)]

    found = records.newest([ticks[0], deployed[0], ticks[1], deployed[1], ticks[2], deployed[2]], 2)

    assert found == (deployed[:2], ticks[:2])


def test_the_record_of_a_plan_has_no_tests() -> None:
    tested = {"endpointName": "e", "test": [{"name": "golden", "body": "secret"}]}

    record = records.of_plan(
        deployment_plan(request=tested), cast(Any, EXECUTION), RECORD.ended_at, "SUCCEEDED", changed=True
    )

    assert record.request == {"endpointName": "e"}


def test_a_record_of_a_version_with_one_model_keeps_its_model(dynamodb: Any) -> None:
    records.write(dynamodb, "deployments", RECORD)
    (item,) = dynamodb.scan(TableName="deployments")["Items"]
    del item["models"]
    dynamodb.put_item(TableName="deployments", Item=item | {"model": {"S": '{"ModelName": "m"}'}})

    assert [record.models for record in records.newest_first(dynamodb, "deployments", RECORD.endpoint_name)] == [
        [{"ModelName": "m"}]
    ]


def test_a_malformed_response_does_not_count_as_an_empty_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeLocks, "on_query", lambda self, parameters: {})

    with pytest.raises(ServiceUnavailable, match="about the history of endpoint e is malformed"):
        list(records.newest_first(FakeLocks(), "deployments", "e"))
