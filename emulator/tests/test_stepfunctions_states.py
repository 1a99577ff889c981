"""States of every type, in both query languages, in virtual time."""

from typing import Any

import pytest

from local_aws import LocalAws
from support.machines import Machines, jsonata, pass_on

CALLER = "arn:aws:states:::aws-sdk:sts:getCallerIdentity"
MISSING_ENDPOINT = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint"}


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


def test_a_wait_of_a_day_takes_a_day_of_virtual_time_in_the_history(machines: Machines) -> None:
    ended = machines.run(
        jsonata("W", {"W": {"Type": "Wait", "Seconds": "{% $states.input.s %}", "Next": "B"}, "B": pass_on("done")}),
        {"s": 86400},
    )

    assert (ended.output, ended.seconds) == ("done", 86400)
    entered, left = (event["timestamp"] for event in ended.events[1:3])
    assert (left - entered).total_seconds() == 86400


def test_a_wait_of_more_than_2_to_the_31_seconds_fails(machines: Machines) -> None:
    until = {"Type": "Wait", "Timestamp": "2150-01-01T00:00:00Z", "End": True}

    ended = machines.run(jsonata("W", {"W": until}))

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert str(ended.cause).endswith("Wait state delay is too long.")


def test_a_wait_until_a_timestamp_ends_then(machines: Machines) -> None:
    until = {"Type": "Wait", "Timestamp": "{% $fromMillis($millis() + 3600000) %}", "End": True}

    ended = machines.run(jsonata("W", {"W": until}))

    assert round(ended.seconds) == 3600


def test_the_context_has_execution_state_and_times(machines: Machines) -> None:
    ended = machines.run(jsonata("A", {"A": pass_on("{% $states.context %}")}), {"a": 1})

    context = ended.output
    assert context["Execution"]["Id"] == ended.arn
    assert context["Execution"]["Input"] == {"a": 1}
    assert context["State"]["Name"] == "A"
    assert context["State"]["EnteredTime"].endswith("Z")
    assert ended.arn.startswith(context["StateMachine"]["Id"].replace(":stateMachine:", ":execution:"))


def test_a_choice_uses_the_first_matching_rule_with_its_assignments(machines: Machines) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $states.input.x > 9 %}", "Next": "F"},
            {
                "Condition": "{% $states.input.x > 1 %}",
                "Assign": {"v": "big"},
                "Output": "{% $states.input.x %}",
                "Next": "B",
            },
        ],
        "Default": "F",
    }
    states = {"A": choice, "B": pass_on("{% [$v, $states.input] %}"), "F": {"Type": "Fail", "Error": "E"}}

    assert machines.run(jsonata("A", states), {"x": 2}).output == ["big", 2]


def test_a_choice_without_a_matching_rule_fails_by_name(machines: Machines) -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "B"}]}

    ended = machines.run(jsonata("A", {"A": choice, "B": pass_on(1)}))

    assert (ended.status, ended.error) == ("FAILED", "States.NoChoiceMatched")


def test_a_fail_state_evaluates_error_and_cause(machines: Machines) -> None:
    fail = {"Type": "Fail", "Error": "{% 'E' & 1 %}", "Cause": "{% 'because ' & $states.input.why %}"}

    ended = machines.run(jsonata("F", {"F": fail}), {"why": "so"})

    assert (ended.status, ended.error, ended.cause) == ("FAILED", "E1", "because so")


def test_retries_wait_longer_each_time_and_are_in_the_history(machines: Machines) -> None:
    task = {
        **MISSING_ENDPOINT,
        "Arguments": {"EndpointName": "retried"},
        "Retry": [
            {
                "ErrorEquals": ["SageMaker.SageMakerException"],
                "IntervalSeconds": 10,
                "MaxAttempts": 3,
                "MaxDelaySeconds": 25,
            }
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "B"}],
        "End": True,
    }

    ended = machines.run(jsonata("A", {"A": task, "B": pass_on("{% $states.input %}")}))

    assert ended.output["Error"] == "SageMaker.SageMakerException"
    assert (
        'Could not find endpoint "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/retried"' in ended.output["Cause"]
    )
    assert "(Service: SageMaker, Status Code: 400, Request ID: " in ended.output["Cause"]
    assert ended.kinds.count("TaskScheduled") == 4
    assert ended.seconds == 10 + 20 + 25


def test_full_jitter_waits_no_longer_than_the_interval(machines: Machines) -> None:
    task = {
        **MISSING_ENDPOINT,
        "Arguments": {"EndpointName": "jittered"},
        "Retry": [
            {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 100, "MaxAttempts": 1, "JitterStrategy": "FULL"}
        ],
        "End": True,
    }

    ended = machines.run(jsonata("A", {"A": task}))

    assert ended.status == "FAILED"
    assert 0 < ended.seconds < 100


def test_an_output_over_256_kib_is_an_error_that_no_catch_all_matches(machines: Machines) -> None:
    big = "{% $join($map([1..60000], function($i) { 'abcde' })) %}"
    task = {
        "Type": "Task",
        "Resource": CALLER,
        "Output": big,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "End": True,
    }

    ended = machines.run(jsonata("A", {"A": task, "B": pass_on("caught")}))

    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")


def test_an_output_over_256_kib_can_be_caught_by_its_name(machines: Machines) -> None:
    big = "{% $join($map([1..60000], function($i) { 'abcde' })) %}"
    task = {
        "Type": "Task",
        "Resource": CALLER,
        "Output": big,
        "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "B"}],
        "End": True,
    }

    assert machines.run(jsonata("A", {"A": task, "B": pass_on("caught")})).output == "caught"


def test_the_time_limit_of_a_machine_ends_it_and_cannot_be_caught(machines: Machines) -> None:
    ended = machines.run(jsonata("W", {"W": {"Type": "Wait", "Seconds": 1000, "End": True}}, TimeoutSeconds=60))

    assert (ended.status, ended.seconds) == ("TIMED_OUT", 60)
    assert ended.kinds[-1] == "ExecutionTimedOut"


def test_a_stopped_execution_is_aborted_during_a_wait(machines: Machines, local_aws: LocalAws) -> None:
    never = jsonata(
        "A",
        {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity.waitForTaskToken",
                "Arguments": {},
                "End": True,
            }
        },
    )
    arn = machines.start(machines.create(never))

    machines.states.stop_execution(executionArn=arn, error="Enough", cause="of this")

    ended = machines.wait(arn)
    assert (ended.status, ended.error, ended.cause) == ("ABORTED", "Enough", "of this")
    assert ended.kinds[-1] == "ExecutionAborted"


def test_a_map_runs_its_iterations_in_parallel_and_keeps_their_order(machines: Machines) -> None:
    iteration = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 600, "Next": "I"}, "I": pass_on("{% $states.input & '!' %}")},
    }
    each = {"Type": "Map", "Items": "{% $states.input.xs %}", "ItemProcessor": iteration, "End": True}

    ended = machines.run(jsonata("M", {"M": each}), {"xs": ["a", "b", "c"]})

    assert (ended.output, ended.seconds) == (["a!", "b!", "c!"], 600)


def test_a_map_respects_its_concurrency(machines: Machines) -> None:
    iteration = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}}
    each = {"Type": "Map", "Items": [1, 2, 3, 4], "MaxConcurrency": 2, "ItemProcessor": iteration, "End": True}

    assert machines.run(jsonata("M", {"M": each})).seconds == 20


def test_an_empty_map_gives_an_empty_list(machines: Machines) -> None:
    iteration = {"StartAt": "I", "States": {"I": pass_on(1)}}

    ended = machines.run(jsonata("M", {"M": {"Type": "Map", "Items": [], "ItemProcessor": iteration, "End": True}}))

    assert ended.output == []


def test_the_error_of_a_map_without_a_list_can_be_caught(machines: Machines) -> None:
    iteration = {"StartAt": "I", "States": {"I": pass_on(1)}}
    caught = [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput %}", "Next": "B"}]
    states = {
        "M": {"Type": "Map", "ItemProcessor": iteration, "Catch": caught, "End": True},
        "B": pass_on("{% $states.input %}"),
    }

    ended = machines.run(jsonata("M", states), {"no": "list"})

    assert ended.output["Error"] == "States.QueryEvaluationError"
    assert "Expected 'array', but was 'object' for value: {\"no\": \"list\"}" in ended.output["Cause"]
    assert ended.kinds[2:4] == ["EvaluationFailed", "MapStateFailed"]


def test_a_failing_branch_ends_its_siblings_and_is_caught_once(machines: Machines) -> None:
    parallel = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Wait long", "States": {"Wait long": {"Type": "Wait", "Seconds": 9999, "End": True}}},
            {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "X", "Cause": "y"}}},
        ],
        "Catch": [{"ErrorEquals": ["X"], "Output": "{% $states.errorOutput %}", "Next": "B"}],
        "End": True,
    }

    ended = machines.run(jsonata("P", {"P": parallel, "B": pass_on("{% $states.input %}")}))

    assert ended.output == {"Error": "X", "Cause": "y"}
    assert ended.seconds < 9999


JSONPATH: list[tuple[dict[str, Any], Any, Any]] = [
    ({"Type": "Pass", "Parameters": {"x.$": "States.Format('a-{}', $.n)"}, "End": True}, {"n": 1}, {"x": "a-1"}),
    (
        {"Type": "Pass", "Result": {"r": 1}, "ResultPath": "$.a.b", "End": True},
        {"n": 1},
        {"n": 1, "a": {"b": {"r": 1}}},
    ),
    ({"Type": "Pass", "InputPath": "$.n", "End": True}, {"n": {"m": 2}}, {"m": 2}),
    ({"Type": "Pass", "OutputPath": "$.n", "End": True}, {"n": {"m": 2}}, {"m": 2}),
    ({"Type": "Pass", "Parameters": {"l.$": "$.l[*].v"}, "End": True}, {"l": [{"v": 1}, {"v": 2}]}, {"l": [1, 2]}),
    ({"Type": "Pass", "Parameters": {"l.$": "States.ArrayLength($.l)"}, "End": True}, {"l": [1, 2]}, {"l": 2}),
    (
        {"Type": "Pass", "Parameters": {"j.$": "States.StringToJson($.t)"}, "End": True},
        {"t": '{"a":1}'},
        {"j": {"a": 1}},
    ),
    ({"Type": "Pass", "Parameters": {"s.$": "States.MathAdd($.n, -1)"}, "End": True}, {"n": 3}, {"s": 2}),
    ({"Type": "Pass", "Parameters": {"name.$": "$$.State.Name"}, "End": True}, {}, {"name": "S"}),
    ({"Type": "Succeed", "InputPath": "$.a"}, {"a": 5}, 5),
    (
        {"Type": "Pass", "OutputPath": "$.[?(@.year < 1999)].name", "End": True},
        [{"year": 1998, "name": "a"}, {"year": 2000, "name": "b"}],
        ["a"],
    ),
    ({"Type": "Pass", "Parameters": {"v.$": "$['a \\\"b\\\"']"}, "End": True}, {'a "b"': 1}, {"v": 1}),
    ({"Type": "Pass", "Result": 1, "ResultPath": "$['it\\'s']", "End": True}, {}, {"it's": 1}),
]


@pytest.mark.parametrize(("state", "value", "output"), JSONPATH)
def test_jsonpath_states_read_and_place_by_path(
    machines: Machines, state: dict[str, Any], value: Any, output: Any
) -> None:
    assert machines.run({"StartAt": "S", "States": {"S": state}}, value).output == output


def test_an_output_of_the_context_does_not_change_later(machines: Machines) -> None:
    states = {
        "A": {"Type": "Pass", "Parameters": {"c.$": "$$"}, "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"then.$": "$.c.State.Name", "now.$": "$$.State.Name"}, "End": True},
    }

    assert machines.run({"StartAt": "A", "States": states}).output == {"then": "A", "now": "B"}


def test_a_concurrency_can_be_text(machines: Machines) -> None:
    iteration = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.l",
        "MaxConcurrencyPath": "$.n",
        "ItemProcessor": iteration,
        "End": True,
    }

    assert machines.run({"StartAt": "M", "States": {"M": each}}, {"l": [1, 2], "n": "1"}).seconds == 20


INTRINSICS: list[tuple[str, Any, Any]] = [
    ("States.MathAdd($.a, $.b)", {"a": 1.5, "b": 1.51}, 4),
    ("States.MathAdd($.a, $.b)", {"a": -1.49, "b": -1.5}, -2),
    ("States.MathAdd(111, -1)", {}, 110),
    ("States.MathRandom($.a, $.b)", {"a": 12.5, "b": 13.6}, 13),
    ("States.StringToJson('')", {}, None),
    ("States.Format('{}', $.x)", {"x": {"a": [1, "b", None], "c": {"d": True}}}, "{a=[1, b, null], c={d=true}}"),
    ("States.Format('it\\'s {}', 'a')", {}, "it's a"),
]


@pytest.mark.parametrize(("expression", "value", "result"), INTRINSICS)
def test_intrinsic_functions_have_the_results_of_aws(
    machines: Machines, expression: str, value: Any, result: Any
) -> None:
    state = {"Type": "Pass", "Parameters": {"r.$": expression}, "End": True}

    assert machines.run({"StartAt": "S", "States": {"S": state}}, value).output == {"r": result}


CHOICES: list[tuple[dict[str, Any], Any, bool]] = [
    ({"Variable": "$.n", "NumericGreaterThan": 1}, {"n": 2}, True),
    ({"Variable": "$.n", "NumericEquals": 1}, {"n": "1"}, False),
    ({"Variable": "$.s", "StringMatches": "a*c"}, {"s": "abc"}, True),
    ({"Variable": "$.s", "StringEqualsPath": "$.t"}, {"s": "x", "t": "x"}, True),
    ({"Variable": "$.missing", "IsPresent": False}, {}, True),
    ({"Variable": "$.n", "IsNull": True}, {"n": None}, True),
    ({"Not": {"Variable": "$.b", "BooleanEquals": True}}, {"b": False}, True),
    ({"And": [{"Variable": "$.n", "IsNumeric": True}, {"Variable": "$.n", "NumericLessThan": 5}]}, {"n": 4}, True),
    ({"Variable": "$.t", "TimestampLessThan": "2026-01-02T00:00:00Z"}, {"t": "2026-01-01T00:00:00Z"}, True),
]


@pytest.mark.parametrize(("rule", "value", "holds"), CHOICES)
def test_jsonpath_choice_rules_compare_by_type(
    machines: Machines, rule: dict[str, Any], value: Any, holds: bool
) -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Succeed"},
    }

    assert machines.run({"StartAt": "C", "States": states}, value).visited[-1] == ("Yes" if holds else "No")


def test_a_jsonpath_path_without_a_value_is_a_runtime_error_that_cannot_be_caught(machines: Machines) -> None:
    task = {
        **MISSING_ENDPOINT,
        "Parameters": {"EndpointName.$": "$.missing"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "End": True,
    }

    ended = machines.run({"StartAt": "A", "States": {"A": task, "B": {"Type": "Succeed"}}})

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "$.missing" in str(ended.cause)


def test_a_jsonpath_catch_puts_the_error_at_its_result_path(machines: Machines) -> None:
    task = {
        **MISSING_ENDPOINT,
        "Parameters": {"EndpointName": "nowhere"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "B"}],
        "End": True,
    }

    ended = machines.run({"StartAt": "A", "States": {"A": task, "B": {"Type": "Succeed"}}}, {"kept": 1})

    assert ended.output["kept"] == 1
    assert ended.output["failure"]["Error"] == "SageMaker.SageMakerException"
