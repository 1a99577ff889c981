"""Definitions that Step Functions refuses are refused when the machine is created, with each problem's position."""

import copy
import json
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.core.errors import NotModelledError
from local_aws.stepfunctions.definition import Problem, problems
from support.machines import Machines, jsonata, pass_on, task

GOOD: dict[str, Any] = jsonata(
    "T",
    {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
            "Arguments": {"EndpointName": "{% $states.input.name %}"},
            "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "F"}],
            "Output": "{% $states.result %}",
            "Next": "C",
        },
        "C": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "P"}], "Default": "F"},
        "P": {"Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": pass_on(1)}}], "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "S"},
        "S": {"Type": "Succeed"},
        "F": {"Type": "Fail", "Error": "E", "Cause": "c"},
    },
)
T, NAME = "/States/T", "/States/T/Arguments/EndpointName"
MISSING = "Missing 'Next' target: Nowhere"
UNKNOWN_RESOURCE = "is not recognized. The value is not a valid resource ARN"
MISTAKES: list[tuple[str, Any, str, str]] = [
    # where, the new value (None removes it), location of the problem, its message
    ("StartAt", "Nowhere", "/StartAt", MISSING),
    ("StartAt", None, "/", "The field 'StartAt' is required but was missing"),
    ("StartAt", 1, "/StartAt", "Expected value of type [STRING]"),
    ("States/T/Next", "Nowhere", f"{T}/Next", MISSING),
    ("States/C/Default", "Nowhere", "/States/C/Default", MISSING),
    ("States/C/Choices/0/Next", "Nowhere", "/States/C/Choices[0]/Next", MISSING),
    ("States/T/Catch/0/Next", "Nowhere", f"{T}/Catch[0]/Next", MISSING),
    ("States/Lost", {"Type": "Succeed"}, "/States/Lost", 'State "Lost" is not reachable.'),
    ("States/W/Next", None, "/States/W", "The field 'Next' is required"),
    ("States/W/End", True, "/States/W", "either 'Next' or 'End', not both"),
    ("States/C/Next", "S", "/States/C", "Field 'Next' is not supported"),
    ("States/S/Next", "F", "/States/S", "Field 'Next' is not supported"),
    ("States/C/Choices", [], "/States/C/Choices", "At least one choice rule"),
    ("States/C/Choices/0/Next", None, "/States/C/Choices[0]", "The field 'Next' is required"),
    ("States/T/Type", "Tusk", f"{T}/Type", "Value should be one of the following: [Pass, Task, "),
    (
        "States/T/Parameters",
        {},
        T,
        "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' "
        "QueryLanguage",
    ),
    ("States/T/ResultPath", "$.x", T, "field 'ResultPath' is only supported for the 'JSONPath' QueryLanguage"),
    ("States/T/Timeout", 5, T, "Field 'Timeout' is not supported"),
    ("States/T/TimeoutSeconds", "soon", f"{T}/TimeoutSeconds", "Expected value of type [INTEGER]"),
    ("States/T/TimeoutSeconds", 0, f"{T}/TimeoutSeconds", "Minimum value is 1"),
    ("States/T/TimeoutSeconds", 100_000_000, f"{T}/TimeoutSeconds", "Maximum value is 99999999"),
    ("States/T/HeartbeatSeconds", 5, f"{T}/HeartbeatSeconds", "must be less than 'TimeoutSeconds'"),
    ("States/T/Resource", None, T, "The field 'Resource' is required but was missing"),
    ("States/T/Resource", "arn:aws:states:::aws-sdk:sagemaker:describeEndpiont", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Resource", "arn:aws:states:::aws-sdk:sagemaker:DescribeEndpoint", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Resource", "arn:aws:states:::aws-sdk:stepfunctions:startExecution", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Resource", "arn:aws:states:::aws-sdk:sagemaker:createModel.sync", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Resource", "arn:aws:states:::sagemaker:deleteEndpoint", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Resource", "arn:aws:states:::sagemaker:createEndpoint.sync", f"{T}/Resource", UNKNOWN_RESOURCE),
    ("States/T/Arguments/Colour", "red", f"{T}/Arguments/Colour", 'The field "Colour" is not supported by Step'),
    ("States/T/Arguments/EndpointName", 5, NAME, "The value for the field 'EndpointName' must be a STRING"),
    ("States/T/Arguments", {}, f"{T}/Arguments", "The field 'EndpointName' is required but was missing"),
    ("States/T/Arguments/EndpointName", "{% $states.input. %}", NAME, "Unexpected end of expression"),
    ("States/T/Arguments/EndpointName", "{% $f( %}", NAME, 'Expected ")" before end of expression'),
    ("States/T/Arguments/EndpointName", "{% $x ?? 'a' %}", NAME, 'The symbol "?" cannot be used as a unary operator'),
    ("States/T/Arguments/EndpointName", "{% $x ?: 'a' %}", NAME, 'The symbol ":" cannot be used as a unary operator'),
    ("States/T/Arguments/EndpointName", "{% name %}", NAME, "Reference to 'name' at the top level is not supported."),
    ("States/T/Arguments/EndpointName", "{% $.name %}", NAME, "Reference to '$' at the top level is not supported."),
    ("States/T/Arguments/EndpointName", "{% $$.name %}", NAME, "Reference to '$$' is not supported."),
    ("States/T/Arguments/EndpointName", "{% $states.result %}", NAME, "Field '$states.result' does not exist."),
    ("States/T/Output", "{% $states.errorOutput %}", f"{T}/Output", "Field '$states.errorOutput' does not exist."),
    ("States/T/Output", "{% $states.inputs %}", f"{T}/Output", "Field '$states.inputs' does not exist."),
    ("States/T/Arguments/EndpointName", " {% 'a' %}", NAME, "begins with exactly '{%'"),
    ("States/T/Assign", {"states": 1}, f"{T}/Assign/states", "'states' is reserved"),
    ("States/T/Assign", {"a-b": 1}, f"{T}/Assign/a-b", "'a-b' is not a valid variable name"),
    ("States/T/Assign", {"a" * 81: 1}, f"{T}/Assign/{'a' * 81}", "is not a valid variable name"),
    ("States/T/Assign", "{% {} %}", f"{T}/Assign", "Expected value of type [OBJECT]"),
    ("States/T/Retry/0/ErrorEquals", ["States.ALL", "X"], f"{T}/Retry[0]/ErrorEquals", "must appear alone"),
    ("States/T/Retry/0/ErrorEquals", [], f"{T}/Retry[0]/ErrorEquals", "at least one error name"),
    ("States/T/Retry/0/ErrorEquals", None, f"{T}/Retry[0]", "The field 'ErrorEquals' is required"),
    ("States/T/Retry/0/MaxAttempts", -1, f"{T}/Retry[0]/MaxAttempts", "Minimum value is 0"),
    ("States/T/Retry/0/BackoffRate", 0.5, f"{T}/Retry[0]/BackoffRate", "Minimum value is 1.0"),
    ("States/T/Retry/0/JitterStrategy", "SOME", f"{T}/Retry[0]/JitterStrategy", "[FULL, NONE]"),
    ("States/T/Retry/0/Jitter", "FULL", f"{T}/Retry[0]", "Field 'Jitter' is not supported"),
    ("States/T/Catch/0/ResultPath", "$", f"{T}/Catch[0]", "Field 'ResultPath' is not supported"),
    ("States/W/Timestamp", "2026-01-01T00:00:00Z", "/States/W", "exactly one of the fields Seconds, Timestamp"),
    ("States/W/Seconds", "1", "/States/W/Seconds", "Expected value of type [INTEGER]"),
    ("States/W/Retry", [], "/States/W", "Field 'Retry' is not supported"),
    ("States/P/TimeoutSeconds", 5, "/States/P", "Field 'TimeoutSeconds' is not supported"),
    ("States/P/Branches", [], "/States/P/Branches", "At least one branch"),
    ("States/P/Branches/0/StartAt", "Nowhere", "/States/P/Branches[0]/StartAt", MISSING),
    ("States/P/Branches/0/QueryLanguage", "JSONata", "/States/P/Branches[0]", "Field 'QueryLanguage' is not supported"),
    ("States/P/Branches/0/States/T", {"Type": "Succeed"}, "/States/P/Branches[0]/States/T", "used more than once"),
    ("States/C/Choices/0/Condition", "true", "/States/C/Choices[0]/Condition", "must be a JSONata expression"),
    ("States/C/Choices/0/Variable", "$.x", "/States/C/Choices[0]", "Field 'Variable' is not supported"),
    ("States/T/QueryLanguage", "JSONPath", T, "can not be 'JSONPath' if set to 'JSONata' for whole state machine"),
    ("States/T/QueryLanguage", "jsonata", f"{T}/QueryLanguage", "one of the following: [JSONPath, JSONata]"),
    ("Strt", 1, "/", "Field 'Strt' is not supported"),
    ("TimeoutSeconds", "1", "/TimeoutSeconds", "Expected value of type [INTEGER]"),
    ("States/F/Catch", [], "/States/F", "Field 'Catch' is not supported"),
    ("States/F/Error", 5, "/States/F/Error", "Expected value of type [STRING]"),
]


def spoilt(path: str, value: Any) -> dict[str, Any]:
    definition: Any = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    node = definition
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return dict(definition)


def errors_of(definition: Any) -> list[Problem]:
    return [problem for problem in problems(json.dumps(definition)) if problem.severity == "ERROR"]


def test_a_good_definition_has_no_problems() -> None:
    assert problems(json.dumps(GOOD)) == ()


@pytest.mark.parametrize(("path", "value", "location", "said"), MISTAKES)
def test_each_problem_is_found_at_its_position(path: str, value: Any, location: str, said: str) -> None:
    found = errors_of(spoilt(path, value))

    messages = [problem.message for problem in found if problem.location == location]
    assert any(said in message for message in messages), found


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.items[price > 3 and $ != 'a']",
        "$map($states.input.xs, function($x) { $x.price })",
        "$match('a?:b ?? c', /(?:a)??/)",
        "/* a ?? b */ `a ?? b`.$states",
        "$states.context.Execution.Input ~> |items|{'a': 1}|",
        "$sort($states.input.xs, function($l, $r) { $l > $r })",
        "$uuid() & $hash('a', 'MD5') & $random()",
    ],
)
def test_an_expression_without_the_context_item_is_accepted(expression: str) -> None:
    definition = spoilt("States/T/Arguments/EndpointName", f"{{% {expression} %}}")
    allowed = ["a ?? b"] if "`" in expression else []

    assert [each.message for each in errors_of(definition) if not any(name in each.message for name in allowed)] == []


def test_an_endless_loop_is_refused_before_unreachable_states() -> None:
    states = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "A"},
        "C": {"Type": "Pass", "Next": "A"},
    }

    (problem,) = errors_of(jsonata("A", states))

    assert (problem.code, problem.message) == ("MISSING_END_STATE", "Workflow has no terminal state")
    assert problem.location is None


def test_a_name_of_81_characters_is_refused() -> None:
    (problem,) = errors_of(jsonata("A" * 81, {"A" * 81: pass_on(1)}))

    assert problem.code == "INVALID_STATE_NAME"


def test_a_definition_over_one_megabyte_is_refused() -> None:
    (problem,) = problems(json.dumps(jsonata("A", {"A": pass_on("a" * 1024 * 1024)})))

    assert "1048576 bytes" in problem.message


@pytest.mark.parametrize("text", ["{", "[]", "null", '""'])
def test_a_definition_that_is_not_a_json_object_is_refused(text: str) -> None:
    (problem,) = problems(text)

    assert problem.code in ("INVALID_JSON_DESCRIPTION", "SCHEMA_VALIDATION_FAILED")


def test_a_branch_cannot_assign_an_outer_variable() -> None:
    inner = {"I": {"Type": "Pass", "Assign": {"n": 2}, "End": True}}
    states = {
        "A": {"Type": "Pass", "Assign": {"n": 1}, "Next": "P"},
        "P": {"Type": "Parallel", "Branches": [{"StartAt": "I", "States": inner}], "End": True},
    }

    (problem,) = errors_of(jsonata("A", states))

    assert problem.location == "/States/P/Branches[0]/States/I/Assign/n"
    assert "'n' was already defined in an outer scope" in problem.message


def test_a_variable_without_an_assignment_is_accepted_with_a_warning() -> None:
    definition = json.dumps(jsonata("A", {"A": pass_on("{% $nobody & $string($parse('1')) %}")}))

    (problem,) = problems(definition)

    assert (problem.severity, problem.code) == ("WARNING", "POSSIBLY_UNDEFINED_VARIABLE")
    assert problem.message == "Variable 'nobody' is possibly not defined."


def test_states_of_a_branch_have_the_language_of_the_machine() -> None:
    inner = {"I": {"Type": "Pass", "Output": 1, "End": True}}
    parallel = {"Type": "Parallel", "QueryLanguage": "JSONata", "Branches": [{"StartAt": "I", "States": inner}]}

    (problem,) = errors_of({"StartAt": "P", "States": {"P": {**parallel, "End": True}}})

    assert problem.location == "/States/P/Branches[0]/States/I"
    assert "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported" in problem.message


def test_a_branch_can_assign_a_variable_of_its_own_catcher() -> None:
    inner = {"I": {"Type": "Pass", "Assign": {"n": 2}, "End": True}}
    caught = [{"ErrorEquals": ["States.ALL"], "Assign": {"n": 1}, "Next": "S"}]
    branches = [{"StartAt": "I", "States": inner}]
    states = {"P": {"Type": "Parallel", "Branches": branches, "Catch": caught, "End": True}, "S": {"Type": "Succeed"}}

    assert errors_of(jsonata("P", states)) == []


def test_an_expression_within_other_text_is_text(local_aws: LocalAws) -> None:
    text = "once {% $states.input %}"

    assert errors_of(jsonata("A", {"A": pass_on(text)})) == []
    assert Machines(local_aws).run(jsonata("A", {"A": pass_on(text)})).output == text


def test_an_undefined_variable_is_accepted_and_fails_when_it_is_read(local_aws: LocalAws) -> None:
    ended = Machines(local_aws).run(jsonata("A", {"A": pass_on("{% $nobody %}")}))

    assert (ended.status, ended.error) == ("FAILED", "States.QueryEvaluationError")


@pytest.mark.parametrize("text", ['{"StartAt": NaN}', '{"StartAt": 1e999}'])
def test_a_definition_with_invalid_json_numbers_is_refused(text: str) -> None:
    (problem,) = problems(text)

    assert problem.code == "INVALID_JSON_DESCRIPTION"


def test_an_express_machine_cannot_wait_for_a_token(local_aws: LocalAws) -> None:
    arguments = {"QueueUrl": "u", "MessageBody": {"token": "{% $states.context.Task.Token %}"}}
    definition = json.dumps(jsonata("A", {"A": task("sqs:sendMessage.waitForTaskToken", arguments)}))
    validate = local_aws.client("stepfunctions").validate_state_machine_definition

    express, standard = (validate(definition=definition, type=kind) for kind in ("EXPRESS", "STANDARD"))

    (diagnostic,) = express["diagnostics"]
    assert (express["result"], standard["result"]) == ("FAIL", "OK")
    assert diagnostic["location"] == "/States/A/Resource"
    assert diagnostic["message"] == "Express state machine does not support '.waitForTaskToken' service integration "


JSONPATH_MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"Type": "Pass", "Output": 1}, "/States/S", "field 'Output' is only supported for the 'JSONata'"),
    ({"Type": "Pass", "InputPath": "x"}, "/States/S/InputPath", "must be a valid JSONPath"),
    ({"Type": "Pass", "Parameters": {"a.$": "x"}}, "/States/S/Parameters/a.$", "or a valid intrinsic function call"),
    ({"Type": "Pass", "Parameters": {"a.$": "States.No()"}}, "/States/S/Parameters/a.$", "valid intrinsic function"),
    (
        {"Type": "Pass", "Parameters": {"a.$": "States.Format('He said \\\"{}\\\"', $.a)"}},
        "/States/S/Parameters/a.$",
        "or a valid intrinsic function call",
    ),
    ({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s"}, "/States/S", "exactly one of the fields"),
    ({"Type": "Wait", "Timestamp": "tomorrow"}, "/States/S/Timestamp", "valid ISO 8601 timestamp"),
]


@pytest.mark.parametrize(("state", "location", "said"), JSONPATH_MISTAKES)
def test_problems_of_jsonpath_states_are_found(state: dict[str, Any], location: str, said: str) -> None:
    found = errors_of({"StartAt": "S", "States": {"S": {**state, "End": True}}})

    assert [problem.location for problem in found if said in problem.message] == [location], found


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Variable": "$.x"}, "exactly one comparison"),
        ({"Variable": "$.x", "NumericNearly": 1}, "exactly one comparison"),
        ({"Variable": "$.x", "BooleanGreaterThan": True}, "exactly one comparison"),
        ({"StringEquals": "a"}, "The field 'Variable' is required"),
        ({"And": []}, "Expected value of type [ARRAY]"),
        ({"Not": {"Variable": "$.x", "IsNull": True, "Next": "Y"}}, "Field 'Next' is not supported"),
    ],
)
def test_problems_of_choice_rules_are_found(rule: dict[str, Any], said: str) -> None:
    states = {"C": {"Type": "Choice", "Choices": [{**rule, "Next": "Y"}], "Default": "Y"}, "Y": {"Type": "Succeed"}}

    assert any(said in problem.message for problem in errors_of({"StartAt": "C", "States": states}))


def test_the_optimized_integration_drops_no_parameter_silently() -> None:
    definition = spoilt("States/T/Resource", "arn:aws:states:::sagemaker:updateEndpoint")
    definition["States"]["T"]["Arguments"] = {
        "EndpointName": "e",
        "EndpointConfigName": "c",
        "RetainAllVariantProperties": True,
    }

    (problem,) = errors_of(definition)

    assert problem.code == "SCHEMA_VALIDATION_FAILED"
    assert problem.message == 'The field "RetainAllVariantProperties" is not supported by Step Functions'


@pytest.mark.parametrize(
    "state",
    [
        task("sagemaker:createTransformJob.sync", {}),
        task("ecs:runTask.sync", {}),
        {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:a", "End": True},
        {"Type": "Map", "ItemReader": {}, "ItemProcessor": {"StartAt": "I", "States": {"I": pass_on(1)}}, "End": True},
        {"Type": "Map", "ToleratedFailureCount": 1, "ItemProcessor": {}, "End": True},
    ],
)
def test_a_feature_of_aws_that_is_not_modelled_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(NotModelledError, match="does not model this"):
        problems(json.dumps(jsonata("A", {"A": state})))


def test_create_and_update_refuse_a_bad_definition(local_aws: LocalAws) -> None:
    machines = Machines(local_aws)
    arn = machines.create(jsonata("A", {"A": pass_on(1)}))
    bad = jsonata("A", {"A": {"Type": "Pass", "Next": "Nowhere"}, "B": {"Type": "Succeed"}})
    said = (
        r"Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/A/Next, "
        r'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B\''
    )

    with pytest.raises(machines.states.exceptions.InvalidDefinition, match=said):
        machines.create(bad)
    with pytest.raises(machines.states.exceptions.InvalidDefinition, match=said):
        machines.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(bad))


def test_validation_returns_errors_and_on_request_warnings(local_aws: LocalAws) -> None:
    states = local_aws.client("stepfunctions")
    bad = json.dumps(jsonata("A", {"A": pass_on("{% $nobody %}", Colour="red")}))

    told = states.validate_state_machine_definition(definition=bad)
    warned = states.validate_state_machine_definition(definition=bad, severity="WARNING")
    one = states.validate_state_machine_definition(definition=bad, severity="WARNING", maxResults=1)

    assert (told["result"], [each["code"] for each in told["diagnostics"]]) == ("FAIL", ["SCHEMA_VALIDATION_FAILED"])
    assert told["diagnostics"][0]["location"] == "/States/A"
    assert [each["severity"] for each in warned["diagnostics"]] == ["ERROR", "WARNING"]
    assert (len(one["diagnostics"]), one["truncated"]) == (1, True)


def test_validation_of_a_good_definition_is_ok(local_aws: LocalAws) -> None:
    validated = local_aws.client("stepfunctions").validate_state_machine_definition(definition=json.dumps(GOOD))

    assert (validated["result"], validated["diagnostics"], validated["truncated"]) == ("OK", [], False)
