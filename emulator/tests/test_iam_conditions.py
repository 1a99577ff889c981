"""Condition operators: IAM user guide, "Condition operators", "IfExists" and "Set operators"."""

from typing import Any

import pytest

from local_aws.core.authorization.conditions import holds
from local_aws.core.errors import NotModelledError

ROLE = "arn:aws:iam::123456789012:role/Deploy"

# operator, wanted, values of the key in the call, whether it holds
CASES: list[tuple[str, Any, list[str], bool]] = [
    ("StringEquals", "a", ["a"], True),
    ("StringEquals", "a", ["A"], False),
    ("StringEquals", ["a", "b"], ["b"], True),
    ("StringEquals", "a*", ["ab"], False),
    ("StringEquals", "a", [], False),
    ("StringNotEquals", "a", ["b"], True),
    ("StringNotEquals", ["a", "b"], ["b"], False),
    ("StringNotEquals", "a", [], True),
    ("StringEqualsIgnoreCase", "Abc", ["aBC"], True),
    ("StringEqualsIgnoreCase", "Abc", ["ab"], False),
    ("StringNotEqualsIgnoreCase", "Abc", ["aBC"], False),
    ("StringLike", "a*c", ["abbc"], True),
    ("StringLike", "a?c", ["abbc"], False),
    ("StringLike", "A*", ["abc"], False),
    ("StringNotLike", "a*", ["abc"], False),
    ("StringNotLike", "a*", ["bc"], True),
    ("ArnEquals", "arn:aws:iam::*:role/Deploy", [ROLE], True),
    ("ArnLike", "arn:aws:iam::123456789012:role/D*", [ROLE], True),
    ("ArnLike", "arn:aws:*:role/Deploy", [ROLE], False),
    ("ArnLike", "*", [ROLE], True),
    ("ArnNotEquals", "arn:aws:iam::*:role/Other", [ROLE], True),
    ("ArnNotLike", "arn:aws:iam::*:role/*", [ROLE], False),
    ("Bool", "true", ["true"], True),
    ("Bool", True, ["true"], True),
    ("Bool", "false", ["true"], False),
    ("Null", "true", [], True),
    ("Null", "true", ["x"], False),
    ("Null", "false", ["x"], True),
    ("Null", False, [], False),
    ("NumericEquals", "5", ["5.0"], True),
    ("NumericNotEquals", 5, ["6"], True),
    ("NumericLessThan", "5", ["4"], True),
    ("NumericLessThan", "5", ["5"], False),
    ("NumericLessThanEquals", "5", ["5"], True),
    ("NumericGreaterThan", "5", ["6"], True),
    ("NumericGreaterThan", "5", ["10"], True),
    ("NumericGreaterThanEquals", "5", ["4"], False),
    ("DateEquals", "2026-11-21T00:00:00Z", ["2026-11-21T01:00:00+01:00"], True),
    ("DateNotEquals", "2026-11-21", ["2026-11-22T00:00:00Z"], True),
    ("DateLessThan", "2026-11-21T00:00:00Z", ["2026-11-20T23:59:59Z"], True),
    ("DateLessThanEquals", "2026-11-21", ["2026-11-21T00:00:01Z"], False),
    ("DateGreaterThan", "1763683200", ["2026-11-21T00:00:00Z"], True),
    ("DateGreaterThanEquals", "2026-11-21", ["2026-11-21T00:00:00Z"], True),
    ("StringEqualsIfExists", "a", [], True),
    ("StringEqualsIfExists", "a", ["b"], False),
    ("NumericLessThanIfExists", "5", [], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
    ("ForAnyValue:StringEquals", ["a"], ["c", "b"], False),
    ("ForAnyValue:StringEquals", ["a"], [], False),
    ("ForAnyValue:StringEqualsIfExists", ["a"], [], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
    ("ForAnyValue:StringNotEquals", ["a"], [], False),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], [], True),
    ("ForAllValues:StringLike", ["slipway:*"], ["slipway:execution"], True),
    ("ForAllValues:StringNotLike", ["aws:*"], ["mine", "aws:theirs"], False),
    ("stringequals", "a", ["a"], True),
    ("forallvalues:stringLIKE", "a*", ["ab"], True),
]


@pytest.mark.parametrize(("operator", "wanted", "actual", "expected"), CASES)
def test_an_operator_compares_as_aws_does(operator: str, wanted: Any, actual: list[str], expected: bool) -> None:
    assert holds({operator: {"aws:Key": wanted}}, lambda _: actual, lambda text: text) is expected


def test_every_operator_and_every_key_must_match() -> None:
    values = {"one": ["1"], "two": ["2"]}

    assert holds({"StringEquals": {"one": "1", "two": "2"}}, values.__getitem__, str)
    assert not holds({"StringEquals": {"one": "1", "two": "x"}}, values.__getitem__, str)
    assert not holds({"StringEquals": {"one": "1"}, "NumericLessThan": {"two": "2"}}, values.__getitem__, str)


@pytest.mark.parametrize("operator", ["StringEqual", "IpAddress", "ForSomeValue:StringEquals", "BinaryEquals"])
def test_an_operator_that_is_not_modelled_is_an_error(operator: str) -> None:
    with pytest.raises(NotModelledError, match=f"condition operator {operator}"):
        holds({operator: {"aws:Key": "x"}}, lambda _: ["x"], str)


def test_several_values_without_a_set_operator_are_an_error() -> None:
    with pytest.raises(NotModelledError, match="StringEquals on aws:TagKeys, which has several values, without ForAny"):
        holds({"StringEquals": {"aws:TagKeys": "x"}}, lambda _: ["x", "y"], str)


def test_a_value_whose_variable_is_undefined_matches_nothing() -> None:
    assert not holds({"StringEquals": {"key": "${aws:username}"}}, lambda _: [""], lambda _: None)
