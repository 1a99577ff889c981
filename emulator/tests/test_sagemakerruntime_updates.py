"""Requests during an update and its rollback: always answered, and by a config that has traffic then."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from local_aws import until
from support.rollouts import blue_green, count, make_alarm
from support.serving import Serving

SOON = {"instance": 0.1, "activation": 0.1, "termination": 0.1}


@contextmanager
def updating(serving: Serving, name: str, deployment: dict[str, Any]) -> Iterator[None]:
    """Update the endpoint `name`, of the model ``old``, to the model ``new`` on the real clock."""
    hosting = serving.hosting
    serving.endpoint(name, serving.container("old"))
    config = serving.config(f"{name}-2", serving.container("new"))
    durations = hosting.aws.get("sagemaker/durations")
    with hosting.standing_still():
        hosting.aws.post("sagemaker/durations", SOON)
        try:
            hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=deployment)
        finally:
            hosting.aws.post("sagemaker/durations", durations)
        yield


def active(serving: Serving, name: str) -> int | None:
    """Instances of the new fleet with traffic; None if no update is in progress."""
    pending = serving.hosting.describe(name).get("PendingDeploymentSummary")
    return pending["ProductionVariants"][0]["CurrentInstanceCount"] if pending else None


def models(serving: Serving, name: str, requests: int = 40) -> set[str]:
    """The models that answer."""
    return {serving.invoke(name)["model"] for _ in range(requests)}


def test_both_configs_answer_while_a_canary_has_a_part_of_the_traffic(serving: Serving) -> None:
    with updating(serving, "answers-canary", blue_green("CANARY", wait=600, CanarySize=count(1))):
        before = models(serving, "answers-canary", 1)
        until(lambda: active(serving, "answers-canary") == 1)
        during = models(serving, "answers-canary")
    serving.hosting.wait("answers-canary")

    assert (before, during) == ({"old"}, {"old", "new"})
    assert models(serving, "answers-canary") == {"new"}


def test_only_the_old_config_answers_as_soon_as_an_alarm_rolls_the_update_back(serving: Serving) -> None:
    cloudwatch = serving.hosting.aws.client("cloudwatch")
    alarm = make_alarm(cloudwatch, "answers-back")
    deployment = blue_green(wait=600, alarms=(alarm,))
    with updating(serving, "answers-back", deployment):
        until(lambda: active(serving, "answers-back") == 2)
        during = models(serving, "answers-back")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
        after = models(serving, "answers-back")
    serving.hosting.wait("answers-back")

    assert (during, after) == ({"new"}, {"old"})
    assert models(serving, "answers-back") == {"old"}


@pytest.mark.parametrize("routing", ["ALL_AT_ONCE", "LINEAR"])
def test_no_request_fails_while_fleets_are_replaced_under_load(serving: Serving, routing: str) -> None:
    name = f"answers-{routing.lower().replace('_', '-')}"
    sizes = {"LinearStepSize": count(1)} if routing == "LINEAR" else {}
    done = Event()
    answered: list[str] = []

    def send() -> None:
        while not done.is_set():
            answered.append(serving.invoke(name)["model"])

    with updating(serving, name, blue_green(routing, wait=0, **sizes)):
        sender = Thread(target=send)
        sender.start()
        try:
            until(lambda: active(serving, name) is None)
        finally:
            done.set()
            sender.join()

    assert set(answered) == {"old", "new"}
    assert models(serving, name) == {"new"}
