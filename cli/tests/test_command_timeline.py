"""The progress of an execution, from its history."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from slipway.timeline import Timeline

START = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
FUNCTION = "arn:aws:states:::lambda:invoke"
DEFINITION = {
    "StartAt": "Plan it",
    "States": {
        "Plan it": {"Type": "Task", "Resource": FUNCTION, "Next": "Try it"},
        "Try it": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Create all",
                    "States": {
                        "Create all": {
                            "Type": "Map",
                            "ItemProcessor": {
                                "StartAt": "Create one",
                                "States": {
                                    "Create one": {
                                        "Type": "Task",
                                        "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModel",
                                        "End": True,
                                    }
                                },
                            },
                            "Next": "Look",
                        },
                        "Look": {"Type": "Task", "Resource": FUNCTION, "Next": "Is it there?"},
                        "Is it there?": {
                            "Type": "Choice",
                            "Choices": [{"Condition": "{% $wait %}", "Next": "Wait a bit"}],
                            "Default": "Done",
                        },
                        "Wait a bit": {"Type": "Wait", "Seconds": 60, "Next": "Look"},
                        "Done": {"Type": "Succeed"},
                    },
                }
            ],
            "Next": "End",
        },
        "End": {"Type": "Succeed"},
    },
}


class History:
    """A history that is written event by event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def enter(self, name: str, kind: str, second: int) -> "History":
        return self._add(f"{kind}StateEntered", second, stateEnteredEventDetails={"name": name})

    def leave(self, name: str, kind: str, second: int, output: Any = None) -> "History":
        details = {"name": name, "output": json.dumps(output)}
        return self._add(f"{kind}StateExited", second, stateExitedEventDetails=details)

    def add(self, kind: str, second: int, **details: str) -> "History":
        return self._add(kind, second, **{kind[0].lower() + kind[1:] + "EventDetails": details})

    def lines(self) -> list[str]:
        timeline = Timeline(DEFINITION)
        for event in self.events:
            timeline.take(event)
        return timeline.lines()

    def _add(self, kind: str, second: int, **details: Any) -> "History":
        self.events.append({"type": kind, "timestamp": START + timedelta(seconds=second), **details})
        return self


def test_a_state_has_one_line_with_its_start_and_duration() -> None:
    history = History().enter("Plan it", "Task", 0).leave("Plan it", "Task", 75)

    assert [line.split() for line in history.lines()] == [["✓", "Plan", "it", "0:00", "1:15"]]


def test_a_polling_loop_has_one_line_with_the_number_of_its_looks_and_what_the_last_one_saw() -> None:
    history = History()
    for second, status in ((0, "Creating"), (60, "Creating"), (120, "InService")):
        history.enter("Look", "Task", second).leave("Look", "Task", second, {"status": status})
        history.enter("Is it there?", "Choice", second).leave("Is it there?", "Choice", second)
        if status == "Creating":
            history.enter("Wait a bit", "Wait", second).leave("Wait a bit", "Wait", second + 60)

    (line,) = history.lines()

    assert line.split(maxsplit=4) == ["✓", "Look", "0:00", "2:00", "InService, 3 times"]


def test_a_state_that_runs_for_each_item_of_a_map_has_one_line() -> None:
    history = History().enter("Try it", "Parallel", 0).enter("Create all", "Map", 0)
    for second in (1, 2):
        history.enter("Create one", "Task", second).leave("Create one", "Task", second)
    history.leave("Create all", "Map", 3)

    assert [line.split() for line in history.lines()][1:] == [
        ["✓", "Create", "all", "0:00", "0:03"],
        ["✓", "Create", "one", "0:01", "0:01", "sagemaker:createModel,", "2", "times"],
    ]


def test_a_retried_failure_is_counted_and_the_state_is_done() -> None:
    history = History().enter("Plan it", "Task", 0)
    history.add("TaskFailed", 1, error="ThrottlingException", cause="slow down")
    history.add("TaskFailed", 2, error="ThrottlingException", cause="slow down")
    history.add("TaskSucceeded", 3).leave("Plan it", "Task", 3)

    assert history.lines()[0].split(maxsplit=4) == ["✓", "Plan", "it", "0:00", "0:03  ThrottlingException ×2"]


def test_a_failed_execution_fails_the_states_that_were_running() -> None:
    history = History().enter("Try it", "Parallel", 0).enter("Look", "Task", 0)
    history.add("ExecutionFailed", 9, error="CreateFailed", cause="no capacity")

    timeline = Timeline(DEFINITION)
    for event in history.events:
        timeline.take(event)

    assert [line.split()[0] for line in timeline.lines()] == ["✗", "✗"]
    assert (timeline.error, timeline.cause) == ("CreateFailed", "no capacity")


def test_a_parallel_state_whose_branch_failed_and_was_caught_is_marked_as_failed() -> None:
    history = History().enter("Try it", "Parallel", 0).enter("Look", "Task", 0)
    history.add("TaskFailed", 1, error="CreateFailed", cause="no capacity")
    history.add("ParallelStateFailed", 1).leave("Try it", "Parallel", 1)

    assert history.lines()[0].split()[:3] == ["✗", "Try", "it"]


def test_a_state_that_runs_shows_how_long_it_has_run() -> None:
    timeline = Timeline(DEFINITION)
    timeline.take_all(History().enter("Plan it", "Task", 0).events)

    (line,) = timeline.lines(now=START + timedelta(seconds=42))

    assert line.split() == ["…", "Plan", "it", "0:00", "0:42"]


def test_notes_wrap_below_each_other() -> None:
    timeline = Timeline(DEFINITION)
    history = History().enter("Look", "Task", 0).leave("Look", "Task", 0, {"status": "Updating", "stage": "shifting"})
    timeline.take_all(history.enter("Look", "Task", 60).events)

    (line,) = timeline.lines(width=54)

    assert [len(part) - len(part.lstrip()) for part in line.splitlines()] == [2, 36]


def test_a_state_is_news_when_it_is_over_and_when_a_loop_sees_something_else() -> None:
    timeline = Timeline(DEFINITION)
    history = History().enter("Look", "Task", 0).leave("Look", "Task", 0, {"status": "Creating"})
    timeline.take_all(history.enter("Is it there?", "Choice", 0).events)
    assert [(line.name, news) for line, news in timeline.news()] == [("Look", "running Creating")]

    history.leave("Is it there?", "Choice", 0).enter("Done", "Succeed", 0)
    timeline.take_all(history.events)

    assert [(line.name, news) for line, news in timeline.news()] == [("Look", "done")]


def test_a_check_shows_the_stage_and_the_instances_while_they_change() -> None:
    variants = [{"variantName": "A", "currentInstanceCount": 2, "desiredInstanceCount": 5}, {"variantName": "B"}]
    answer = {"status": "Updating", "stage": "shifting", "variants": variants}

    (line,) = History().enter("Look", "Task", 0).leave("Look", "Task", 0, answer).lines()

    assert line.endswith("  Updating, shifting, 2 of 5 instances")


def test_a_visit_to_components_shows_the_status_and_the_missing_copies_of_each() -> None:
    components = [
        {"name": "a", "status": "Updating", "currentCopyCount": 1, "desiredCopyCount": 2},
        {"name": "b", "status": None},
    ]

    (line,) = History().enter("Look", "Task", 0).leave("Look", "Task", 0, {"components": components}).lines()

    assert line.endswith("  a Updating (1 of 2 copies), b does not exist")


def test_a_plan_does_not_show_its_components_as_a_visit_does() -> None:
    planned = {"components": [{"name": "a", "action": "create"}]}

    (line,) = History().enter("Look", "Task", 0).leave("Look", "Task", 0, planned).lines()

    assert "a does not exist" not in line


def test_a_state_in_a_map_is_news_once_all_items_are_done() -> None:
    timeline = Timeline(DEFINITION)
    history = History().enter("Try it", "Parallel", 0).enter("Create all", "Map", 0)
    for second in (1, 2):
        history.enter("Create one", "Task", second).leave("Create one", "Task", second)
    timeline.take_all(history.events)
    assert list(timeline.news()) == []

    timeline.take_all(history.leave("Create all", "Map", 3).events)

    assert [(line.name, line.visits) for line, _ in timeline.news()] == [("Create all", 1), ("Create one", 2)]
