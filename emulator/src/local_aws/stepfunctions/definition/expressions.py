"""Checks of JSONata: syntax of 2.0.6, the members of `$states` at each place, and reads without a context item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jlens

from local_aws.stepfunctions import jsonata
from local_aws.stepfunctions.definition import fields
from local_aws.stepfunctions.definition.problem import WARNING, Problem, schema
from local_aws.stepfunctions.definition.variables import Variables

_ALWAYS = frozenset(["context", "input"])
# Operators of the engine's JSONata 2.2. For 2.0.6 they are a question mark and a syntax error.
_LATER_OPERATORS = {"??": "?", "?:": ":"}
_BEFORE_A_REGEX = "(,=:?[{&|;<>~!+-*/%^"
_LITERALS = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""", re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|[^/\\])+/[a-z]*")
_BARE_CONTEXT = re.compile(r"\$(?![\w$])")


def problems(state: dict[str, Any], where: str, variables: Variables) -> Iterator[Problem]:
    """Problems of all expressions of the state, its choice rules and its catchers."""
    result = {"result"} if state.get("Type") in fields.WITH_RESULT else frozenset[str]()
    yield from _holder_problems(state, where, variables, result)
    for field, more in (("Choices", frozenset[str]()), ("Catch", frozenset(["errorOutput"]))):
        rules = state.get(field)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict):
                yield from _holder_problems(rule, f"{where}/{field}[{index}]", variables, more)


def _holder_problems(
    holder: dict[str, Any], where: str, variables: Variables, more: frozenset[str] | set[str]
) -> Iterator[Problem]:
    for field, template in holder.items():
        if field not in fields.EXPRESSIONS:
            continue
        if field == "Assign" and not isinstance(template, dict):
            yield schema("Expected value of type [OBJECT]", f"{where}/Assign")
        # Only the fields that transform a result or an error can read it.
        known = _ALWAYS | more if field in ("Output", "Assign") else _ALWAYS
        for place, text in _texts(template, f"{where}/{field}"):
            yield from _text_problems(text, place, variables, known)


def _text_problems(text: str, where: str, variables: Variables, known: frozenset[str]) -> Iterator[Problem]:
    if not jsonata.is_expression(text):
        stripped = text.strip()
        # Within other text it is plain text (recorded on AWS).
        if stripped.startswith("{%") or (stripped.endswith("%}") and "{%" not in stripped):
            yield schema("A JSONata expression begins with exactly '{%' and ends with exactly '%}'", where)
        return
    source = jsonata.source_of(text)
    code = _code(source)
    try:
        reads = jsonata.compiled(source).reads()
    except jlens.JlensError as error:
        yield Problem("INVALID_JSONATA_EXPRESSION", str(error), where)
        return
    for operator, stumbling in _LATER_OPERATORS.items():
        if operator in code:
            message = f'The symbol "{stumbling}" cannot be used as a unary operator'
            yield Problem("INVALID_JSONATA_EXPRESSION", message, where)
    for message in _unanchored(reads.get("input"), code):
        yield Problem("UNSUPPORTED_JSONATA_EXPRESSION", message, where)
    yield from _binding_problems(reads["bindings"], where, variables, known)


def _unanchored(read: Any, code: str) -> Iterator[str]:
    """Problems of reads without a context item, which AWS refuses."""
    if "$$" in code:
        yield "Reference to '$$' is not supported."
    elif read and _BARE_CONTEXT.search(code):
        yield "Reference to '$' at the top level is not supported."
    elif isinstance(read, dict):
        for name in read:
            yield f"Reference to '{name}' at the top level is not supported."


def _binding_problems(read: Any, where: str, variables: Variables, known: frozenset[str]) -> Iterator[Problem]:
    for name, members in read.items():
        if name == "states":
            for member in members if isinstance(members, dict) else ():
                if member not in known:
                    message = f"Field '$states.{member}' does not exist."
                    yield Problem("UNSUPPORTED_JSONATA_EXPRESSION", message, where)
        elif name not in variables and name not in jsonata.FUNCTIONS:
            message = f"Variable '{name}' is possibly not defined."
            yield Problem("POSSIBLY_UNDEFINED_VARIABLE", message, where, WARNING)


def _texts(template: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(template, str):
        yield where, template
    elif isinstance(template, dict):
        for key, member in template.items():
            yield from _texts(member, f"{where}/{key}")
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from _texts(item, f"{where}[{index}]")


def _code(source: str) -> str:
    """The source without comments, strings, quoted names and regular expressions."""
    code, position = "", 0
    while position < len(source):
        literal = _LITERALS.match(source, position)
        if literal is None and source[position] == "/" and code.rstrip()[-1:] in _BEFORE_A_REGEX:
            literal = _REGEX.match(source, position)
        if literal is None:
            code += source[position]
            position += 1
        else:
            code += " " if literal[0].startswith("/*") else '""'
            position = literal.end()
    return code
