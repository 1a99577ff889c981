"""Event patterns match as EventBridge's do; moto's matcher fails many of these."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.events.operators import InvalidPatternError
from local_aws.events.patterns import Pattern

EVENT = {
    "version": "0",
    "id": "1",
    "source": "aws.sagemaker",
    "detail-type": "Something Changed",
    "account": "123456789012",
    "time": "2026-01-01T00:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "text": "Hello",
        "number": 5,
        "fraction": 0.5,
        "yes": True,
        "nothing": None,
        "empty": "",
        "list": ["x", "y"],
        "none": [],
        "address": "10.1.2.3",
        "nested": {"deep": "value", "a.b": "dotted"},
        "pairs": [{"name": "first", "value": 1}, {"name": "second", "value": 2}],
    },
}

MATCHING: list[dict[str, Any]] = [
    {"source": ["aws.sagemaker"], "detail-type": ["Other", "Something Changed"]},
    {"resources": ["arn:two"]},
    {"detail": {"text": [{"prefix": "He"}]}},
    {"detail": {"text": [{"prefix": {"equals-ignore-case": "hE"}}]}},
    {"detail": {"text": [{"suffix": "lo"}]}},
    {"detail": {"text": [{"suffix": {"equals-ignore-case": "LO"}}]}},
    {"detail": {"text": [{"equals-ignore-case": "HELLO"}]}},
    {"detail": {"text": [{"wildcard": "H*l*"}]}},
    {"detail": {"text": [{"anything-but": "Bye"}]}},
    {"detail": {"text": [{"anything-but": ["Bye", "Ciao"]}]}},
    {"detail": {"text": [{"anything-but": {"prefix": ["B", "C"]}}]}},
    {"detail": {"text": [{"anything-but": {"suffix": "x"}}]}},
    {"detail": {"text": [{"anything-but": {"wildcard": "*x*"}}]}},
    {"detail": {"text": [{"anything-but": {"equals-ignore-case": ["bye"]}}]}},
    {"detail": {"number": [5]}},
    {"detail": {"number": [5.0]}},
    {"detail": {"number": [{"numeric": [">", 4, "<=", 5]}]}},
    {"detail": {"number": [{"numeric": ["=", 5]}]}},
    {"detail": {"number": [{"anything-but": [6, 7]}]}},
    {"detail": {"number": [{"anything-but": "5"}]}},
    {"detail": {"fraction": [0.5], "yes": [True], "nothing": [None], "empty": [""]}},
    {"detail": {"list": ["y"]}},
    {"detail": {"list": [{"anything-but": "x"}]}},
    {"detail": {"address": [{"cidr": "10.0.0.0/8"}]}},
    {"detail": {"nested": {"deep": ["value"]}}},
    {"detail.nested.deep": ["value"]},
    {"detail": {"absent": [{"exists": False}]}},
    {"detail": {"absent": ["x", {"exists": False}]}},
    {"detail": {"none": [{"exists": False}]}},
    {"detail": {"nested": [{"exists": False}]}},
    {"detail": {"nothing": [{"exists": True}]}},
    {"detail": {"pairs": {"name": ["second"], "value": [2]}}},
    {"$or": [{"source": ["other"]}, {"detail": {"text": ["Hello"]}}]},
    {"detail": {"$or": [{"text": ["x"]}, {"number": [{"numeric": [">", 1]}]}]}, "source": ["aws.sagemaker"]},
]

OTHERS: list[dict[str, Any]] = [
    {"source": ["sagemaker"]},
    {"detail": {"text": ["hello"]}},
    {"detail": {"text": [{"prefix": "he"}]}},
    {"detail": {"text": [{"wildcard": "H*x"}]}},
    {"detail": {"text": [{"anything-but": ["Hello"]}]}},
    {"detail": {"text": [{"anything-but": {"prefix": "H"}}]}},
    {"detail": {"text": [{"exists": False}]}},
    {"detail": {"number": ["5"]}},
    {"detail": {"number": [{"numeric": [">", 5]}]}},
    {"detail": {"text": [{"numeric": [">", 0]}]}},
    {"detail": {"yes": [1]}},
    {"detail": {"yes": ["true"]}},
    {"detail": {"nothing": [""]}},
    {"detail": {"absent": [{"anything-but": "x"}]}},
    {"detail": {"absent": [{"exists": True}]}},
    {"detail": {"nested": [{"exists": True}]}},
    {"detail": {"none": [{"exists": True}]}},
    {"detail": {"address": [{"cidr": "192.168.0.0/16"}]}},
    {"detail": {"text": [{"cidr": "10.0.0.0/8"}]}},
    {"detail": {"pairs": {"name": ["first"], "value": [2]}}},
    {"detail": {"text": ["Hello"], "number": [6]}},
    {"$or": [{"source": ["other"]}, {"detail": {"text": ["Bye"]}}]},
]

INVALID: list[tuple[Any, str]] = [
    ([], "Filter is not an object"),
    ({}, "Empty objects are not allowed"),
    ({"detail": {}}, "Empty objects are not allowed"),
    ({"source": "aws.s3"}, '"source" must be an object or an array'),
    ({"source": []}, "Empty arrays are not allowed"),
    ({"source": [["a"]]}, "Match value must be String, number, true, false, or null"),
    ({"source": [{"sounds-like": "a"}]}, "Unrecognized match type sounds-like"),
    ({"source": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
    ({"source": [{"prefix": 1}]}, "prefix match pattern must be a string"),
    ({"source": [{"exists": "yes"}]}, "exists match pattern must be either true or false."),
    ({"n": [{"numeric": 5}]}, "Value of numeric must be an array."),
    ({"n": [{"numeric": []}]}, "Invalid member in numeric match: ]"),
    ({"n": [{"numeric": ["!", 5]}]}, "Unrecognized numeric range operator: !"),
    ({"n": [{"numeric": [">", "5"]}]}, "Value of > must be numeric"),
    ({"n": [{"numeric": [">", 5, "<", 4]}]}, "Bottom must be less than top"),
    ({"n": [{"numeric": ["<", 5, ">", 4]}]}, "Too many elements in numeric expression"),
    ({"n": [{"numeric": [">", 5, "=", 6]}]}, "Bad numeric range operator: ="),
    ({"n": [{"anything-but": [None]}]}, "Inside anything but list, start|null|boolean is not supported."),
    ({"n": [{"anything-but": ["a", 1]}]}, "mixed type is not supported"),
    ({"n": [{"anything-but": {"numeric": [">", 1]}}]}, "Unsupported anything-but pattern: numeric"),
    ({"n": [{"wildcard": "a**"}]}, "Consecutive wildcard characters at pos 1"),
    ({"n": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 1"),
    ({"n": [{"cidr": "10.0.0.0"}]}, "Malformed CIDR, one '/' required"),
    ({"n": [{"cidr": "10.0.0.0/x"}]}, "Malformed CIDR, mask bits must be an integer"),
    ({"n": [{"cidr": "10.0.0/8"}]}, "Nonstandard IP address: 10.0.0"),
    ({"n": [{"cidr": "10.0.0.0/99"}]}, "Malformed CIDR"),
    ({"n": [{"cidr": 10}]}, "prefix match pattern must be a string"),
    ({"n": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
    ({"n": [{"anything-but": {"suffix": ["a", ""]}}]}, "Null prefix/suffix not allowed"),
    ({"n": [{"anything-but": {"suffix": 1}}]}, "prefix/suffix match pattern must be a string"),
    (
        {"n": [{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]},
        "Value of anything-but must be an array or single string/number value.",
    ),
    (
        {"n": [{"anything-but": {"equals-ignore-case": ["a", 1]}}]},
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ),
    (
        {"n": [{"wildcard": "*:*:*:*:*:event-bus/*"}]},
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
        "wildcard character",
    ),
]


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
def test_matches(pattern: dict[str, Any]) -> None:
    assert Pattern(json.dumps(pattern)).matches(EVENT)


@pytest.mark.parametrize("pattern", OTHERS, ids=json.dumps)
def test_does_not_match(pattern: dict[str, Any]) -> None:
    assert not Pattern(json.dumps(pattern)).matches(EVENT)


@pytest.mark.parametrize(("pattern", "reason"), INVALID, ids=[json.dumps(pattern) for pattern, _ in INVALID])
def test_refuses(pattern: Any, reason: str) -> None:
    with pytest.raises(InvalidPatternError) as refusal:
        Pattern(json.dumps(pattern))

    assert reason in str(refusal.value)


def test_wildcard_can_be_escaped() -> None:
    pattern = Pattern(json.dumps({"name": [{"wildcard": "100\\* *"}]}))

    assert pattern.matches({"name": "100* sure"})
    assert not pattern.matches({"name": "100 per cent"})
    assert not pattern.matches({"name": "1000* sure"})


def test_put_rule_refuses_an_invalid_pattern(local_aws: LocalAws) -> None:
    with pytest.raises(ClientError) as refusal:
        local_aws.client("events").put_rule(Name="invalid", EventPattern='{"source": [{"sounds-like": "a"}]}')

    assert refusal.value.response["Error"] == {
        "Code": "InvalidEventPatternException",
        "Message": "Event pattern is not valid. Reason: Unrecognized match type sounds-like",
    }


def test_test_event_pattern_returns_whether_an_event_matches(local_aws: LocalAws) -> None:
    client = local_aws.client("events")

    def result(pattern: dict[str, Any]) -> bool:
        return bool(client.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))["Result"])

    assert result({"detail": {"text": [{"prefix": "He"}]}})
    assert not result({"detail": {"text": [{"prefix": "he"}]}})


@pytest.mark.parametrize("event", ["just a text", '["no object"]', '{"source": "x"}'])
def test_test_event_pattern_refuses_an_invalid_event(local_aws: LocalAws, event: str) -> None:
    with pytest.raises(ClientError) as refusal:
        local_aws.client("events").test_event_pattern(EventPattern='{"source": ["x"]}', Event=event)

    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationException", "Parameter Event is not valid.")


def test_test_event_pattern_accepts_an_event_without_resources(local_aws: LocalAws) -> None:
    event = {name: value for name, value in EVENT.items() if name != "resources"}

    answer = local_aws.client("events").test_event_pattern(
        EventPattern='{"source": ["aws.sagemaker"]}', Event=json.dumps(event)
    )

    assert answer["Result"]
