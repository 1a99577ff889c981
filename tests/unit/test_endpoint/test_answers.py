import math
from typing import Any

import pytest

from test_endpoint.answers import NOTHING, Answer, UnreadableError, at, content, numbers


def of(body: bytes | str, content_type: str = "application/json") -> Answer:
    return Answer(200, content_type, body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ('{"a": [1, 2.5]}', "application/json", {"a": [1, 2.5]}),
        ('{"a": 1}', "application/json; charset=utf-8", {"a": 1}),
        ('{"a": 1}', "text/html", {"a": 1}),
        ("1,x\n2.5,\n", "text/csv; charset=utf-8", [[1.0, "x"], [2.5, ""]]),
        ('"a,b",1_0\n\n', "text/csv", [["a,b", "1_0"]]),
        ('{"a": 1}\n\n{"a": 2}\n', "application/jsonlines", [{"a": 1}, {"a": 2}]),
        ('{"a": "\u2028"}\r\n', "application/jsonlines", [{"a": "\u2028"}]),
        ('\ufeff{"a": 1}', "application/json", {"a": 1}),
        ("\ufeff1\r2\r\n", "text/csv", [[1.0], [2.0]]),
        ("x" * 200_000, "text/csv", [["x" * 200_000]]),
        ("setosa", "text/plain", "setosa"),
        ("", "text/plain", ""),
        (b"\xff\x00", "application/octet-stream", "\ufffd\x00"),
    ],
)
def test_the_content_of_an_answer_is_a_json_value(body: bytes | str, content_type: str, expected: Any) -> None:
    assert content(of(body, content_type)) == expected


@pytest.mark.parametrize("content_type", ["application/json", "application/jsonlines", "application/problem+json"])
def test_a_body_that_is_not_json_although_its_type_says_so_is_unreadable(content_type: str) -> None:
    with pytest.raises(UnreadableError, match="the body is not JSON: Expecting value"):
        content(of("<html>", content_type))


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", {"a/b": [{"~": 1}, 2], "": 3}),
        ("/a~1b/0/~0", 1),
        ("/a~1b/1", 2),
        ("/", 3),
        ("/a~1b/2", NOTHING),
        ("/a~1b/-", NOTHING),
        ("/a~1b/1/x", NOTHING),
        ("/missing", NOTHING),
    ],
)
def test_a_json_pointer_leads_to_a_value_or_to_nothing(pointer: str, expected: Any) -> None:
    found = at({"a/b": [{"~": 1}, 2], "": 3}, pointer)

    assert found is expected if expected is NOTHING else found == expected


def test_numbers_that_may_not_be_finite_are_found_with_their_pointers() -> None:
    document = content(of('{"a": [1, NaN, {"b/c": -Infinity}], "d": 2.5, "e": "NaN"}'))

    found = dict(numbers(document))

    assert list(found) == ["/a/1", "/a/2/b~1c", "/d"]
    assert math.isnan(found["/a/1"])


def test_a_cell_of_csv_can_be_no_finite_number() -> None:
    assert [pointer for pointer, number in numbers(content(of("1,nan\ninf,2\n", "text/csv"))) if number - number] == [
        "/0/1",
        "/1/0",
    ]
