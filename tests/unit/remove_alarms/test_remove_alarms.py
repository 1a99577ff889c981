from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from remove_alarms.logic import remove_all
from shared.errors import ServiceUnavailable
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeCloudWatch, client_error

NAMES = ["slipway/e/A/server-errors", "slipway/e/A/model-latency"]


class AllOrNone(FakeCloudWatch):
    """CloudWatch, which deletes none of several alarms if one of them is not there."""

    def on_delete_alarms(self, parameters: dict[str, Any]) -> Any:
        if not self.alarms.keys() >= set(parameters["AlarmNames"]):
            raise client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)
        return super().on_delete_alarms(parameters)


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    fake = AllOrNone()
    fake.alarms = {name: {"AlarmName": name} for name in [*NAMES, "slipway/e/B/server-errors"]}
    return fake


def test_alarms_are_removed_and_nothing_else(cloudwatch: FakeCloudWatch) -> None:
    assert remove_all(NAMES, cloudwatch) == {"alarms": NAMES}
    assert list(cloudwatch.alarms) == ["slipway/e/B/server-errors"]
    assert cloudwatch.made() == ["DeleteAlarms"]


def test_what_is_not_there_is_done_and_the_rest_goes(cloudwatch: FakeCloudWatch) -> None:
    del cloudwatch.alarms[NAMES[0]]

    assert remove_all(NAMES, cloudwatch) == {"alarms": NAMES}
    assert list(cloudwatch.alarms) == ["slipway/e/B/server-errors"]


def test_an_alarm_that_is_not_found_and_is_listed_is_tried_again(cloudwatch: FakeCloudWatch) -> None:
    cloudwatch.errors["DeleteAlarms"] = client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)

    with pytest.raises(ServiceUnavailable, match=f"ResourceNotFound: no such alarm: alarm {NAMES[0]}, which is listed"):
        remove_all(NAMES, cloudwatch)


def test_more_than_cloudwatch_takes_at_once_go_in_parts(cloudwatch: FakeCloudWatch) -> None:
    names = [f"slipway/e/{number}/server-errors" for number in range(101)]
    cloudwatch.alarms = {name: {} for name in names}

    remove_all(names, cloudwatch)

    assert [len(parameters["AlarmNames"]) for _, parameters in cloudwatch.calls] == [100, 1]


def test_a_refusal_is_no_absence(cloudwatch: FakeCloudWatch) -> None:
    cloudwatch.errors["DeleteAlarms"] = client_error("ValidationError", "said AWS", "DeleteAlarms")

    with pytest.raises(ClientError, match="said AWS"):
        remove_all(NAMES, cloudwatch)


def test_the_doorway_answers_with_what_is_gone(
    app: Callable[[str], ModuleType],
    context: Context,
    cloudwatch: FakeCloudWatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = app("remove_alarms")
    monkeypatch.setattr(module, "CLOUDWATCH", cloudwatch)

    assert module.lambda_handler({"executionArn": EXECUTION_ARN, "names": NAMES}, context) == {"alarms": NAMES}
