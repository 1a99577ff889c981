"""JSONata of Step Functions, in every field that accepts an expression."""

from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.stepfunctions import jsonata
from local_aws.stepfunctions.errors import QueryEvaluationError
from support.machines import Machines, pass_on
from support.machines import jsonata as machine

VALUES: list[tuple[str, dict[str, Any], Any]] = [
    ("$x", {"x": None}, None),
    ("$exists($states.input.a)", {"states": {"input": {"a": None}}}, True),
    ("$exists($states.input.b)", {"states": {"input": {}}}, False),
    ("{'a': $x.a, 'b': $x.missing}", {"x": {"a": None}}, {"a": None}),
    ("10 / 4", {}, 2.5),
    ("10 / 2", {}, 5),
    ("[1..5]", {}, [1, 2, 3, 4, 5]),
    ("$count([1..10])", {}, 10),
    ("$range(0, 10, 5)", {}, [0, 5, 10]),
    ("$partition([1, 2, 3, 4, 5], 2)", {}, [[1, 2], [3, 4], [5]]),
    ("$hash('abc', 'SHA-1')", {}, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("$parse('{\"a\": [1, null]}')", {}, {"a": [1, None]}),
    ("$random(7) = $random(7)", {}, True),
    ("$uuid() != $uuid()", {}, True),
    ("$merge([$x, {'b': 2}])", {"x": {"a": 1}}, {"a": 1, "b": 2}),
    ("$x[w > 0].n", {"x": [{"w": 1, "n": "a"}, {"w": 2, "n": "b"}]}, ["a", "b"]),
    ("$filter($x, function($v) { $v > 1 })", {"x": [1, 2]}, 2),
    ("$sort($x, function($a, $b) { $a.n > $b.n })", {"x": [{"n": 2}, {"n": 1}]}, [{"n": 1}, {"n": 2}]),
    ("$string({'a': 1.0, 'b': [true, null]})", {}, '{"a":1,"b":[true,null]}'),
    ("$x = $y", {"x": {"a": [1, None]}, "y": {"a": [1, None]}}, True),
    ("$type($x)", {"x": None}, "null"),
    ("'a' in $x", {"x": ["a", "b"]}, True),
]


@pytest.mark.parametrize(("source", "bindings", "expected"), VALUES)
def test_an_expression_has_the_value_that_step_functions_documents(
    source: str, bindings: dict[str, Any], expected: Any
) -> None:
    assert jsonata.evaluate(f"{{% {source} %}}", bindings) == expected


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("$missing", "returned nothing (undefined)"),
        ("$x.missing", "returned nothing (undefined)"),
        ("1 + 'a'", "threw an error during evaluation"),
        ("$eval('1 + 1')", "Attempted to invoke a non-function"),
        ("$error('boom')", "boom"),
        ("function($x) { $x }", "returned nothing (undefined)"),
    ],
)
def test_an_expression_without_a_json_value_is_an_error_that_quotes_it(source: str, said: str) -> None:
    with pytest.raises(QueryEvaluationError) as raised:
        jsonata.evaluate(f"{{% {source} %}}", {"x": {}})

    assert raised.value.error == "States.QueryEvaluationError"
    assert said in raised.value.cause
    assert source in raised.value.cause


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


def test_output_and_assign_both_see_the_values_before_the_assignment(machines: Machines) -> None:
    ended = machines.run(
        machine(
            "A",
            {
                "A": {"Type": "Pass", "Assign": {"n": 1}, "Next": "B"},
                "B": {
                    "Type": "Pass",
                    "Assign": {"n": "{% $n + 1 %}", "old": "{% $n %}"},
                    "Output": "{% $n %}",
                    "Next": "C",
                },
                "C": pass_on("{% [$states.input, $n, $old] %}"),
            },
        )
    )

    assert ended.output == [1, 2, 1]


def test_text_in_a_literal_keeps_its_escapes(machines: Machines) -> None:
    literal = "quote \" apostrophe ' newline \n backslash \\ é \U0001f680"

    ended = machines.run(
        machine("A", {"A": {"Type": "Pass", "Assign": {"k": literal}, "Next": "B"}, "B": pass_on("{% $k %}")})
    )

    assert ended.output == literal


def test_an_error_in_the_output_of_a_task_is_caught(machines: Machines) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
        "Output": "{% $states.result.nothing %}",
        "Catch": [
            {"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Error %}", "Next": "B"}
        ],
        "End": True,
    }

    ended = machines.run(machine("A", {"A": task, "B": pass_on("{% $states.input %}")}))

    assert (ended.status, ended.output) == ("SUCCEEDED", "States.QueryEvaluationError")
    assert "EvaluationFailed" in ended.kinds


def test_an_error_in_a_pass_state_fails_the_execution(machines: Machines) -> None:
    ended = machines.run(machine("A", {"A": pass_on("{% $states.input.nothing %}")}))

    assert (ended.status, ended.error) == ("FAILED", "States.QueryEvaluationError")


def test_a_condition_that_is_not_a_boolean_is_an_error(machines: Machines) -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 'yes' %}", "Next": "B"}]}

    ended = machines.run(machine("A", {"A": choice, "B": pass_on(1)}))

    assert ended.error == "States.QueryEvaluationError"
    assert "Expected 'boolean'" in str(ended.cause)


def test_a_branch_reads_outer_variables_and_its_own_are_local(machines: Machines) -> None:
    def branch(name: str) -> dict[str, Any]:
        assign = {"Type": "Pass", "Assign": {"own": "{% $k & '!' %}"}, "Next": f"{name} 2"}
        return {"StartAt": name, "States": {name: assign, f"{name} 2": pass_on("{% $own %}")}}

    ended = machines.run(
        machine(
            "A",
            {
                "A": {"Type": "Pass", "Assign": {"k": "outer"}, "Next": "P"},
                "P": {"Type": "Parallel", "Branches": [branch("I"), branch("J")], "Next": "B"},
                "B": pass_on({"branches": "{% $states.input %}", "leaked": "{% $exists($own) %}"}),
            },
        )
    )

    assert ended.output == {"branches": ["outer!", "outer!"], "leaked": False}


def test_now_and_millis_follow_the_virtual_clock(machines: Machines) -> None:
    ended = machines.run(
        machine(
            "A",
            {
                "A": {"Type": "Pass", "Assign": {"before": "{% $millis() %}"}, "Next": "W"},
                "W": {"Type": "Wait", "Seconds": 86400, "Next": "B"},
                "B": pass_on("{% $millis() - $before %}"),
            },
        )
    )

    assert ended.output == 86_400_000
