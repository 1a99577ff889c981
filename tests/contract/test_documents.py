"""The documents describe what exists: errors, links, make targets and commands of the AWS CLI."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import OperationModel

from shared.errors import ERRORS
from tests.support.project import ROOT
from tools import demo_picture, markdown, page


def documents() -> Iterator[str]:
    """Paths of the Markdown files, without those of installed packages."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        yield from (str(Path(folder, name).relative_to(ROOT)) for name in files if name.endswith(".md"))


DOCUMENTS = sorted(documents())
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
AWS_COMMAND = re.compile(r"\baws ([a-z][a-z0-9-]+) ([a-z][a-z0-9-]+)((?:(?!\baws )[^|&;\n])*)")
# Options of every command (AWS CLI, "Command line options" and "Pagination").
GENERAL_OPTIONS = {"endpoint-url", "max-items", "no-paginate", "output", "page-size", "query", "region"}
# Commands that the AWS CLI adds to the services' operations.
ADDED_COMMANDS = {("cloudformation", "deploy"), ("logs", "tail"), ("s3", "cp")}

SESSION = botocore.session.get_session()
README_BYTES = 12_288  # read in three minutes


@cache
def text_of(document: str) -> str:
    return (ROOT / document).read_text()


@cache
def anchors_of(document: str) -> frozenset[str]:
    """Anchors of the headings on GitHub: a repeated heading gets a number."""
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in HEADING.findall(FENCE.sub("", text_of(document))):
        anchor = markdown.anchor(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading))
        anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return frozenset(anchors)


def is_dead(document: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / document).parent / path if path else ROOT / document
    if not target.exists():
        return True
    return bool(anchor) and anchor not in anchors_of(str(target.resolve().relative_to(ROOT)))


def code_lines(document: str) -> Iterator[str]:
    """Lines of code blocks, with continued lines joined, and inline code."""
    text = text_of(document)
    for block in FENCE.findall(text):
        yield from block.replace("\\\n", " ").splitlines()[1:-1]
    yield from CODE.findall(FENCE.sub("", text))


def options_of(operation: OperationModel) -> set[str]:
    """Options of an operation's command (AWS CLI, the page of each command)."""
    members = operation.input_shape.members if operation.input_shape else {}
    names = {xform_name(name, "-"): shape.type_name for name, shape in members.items()}
    return set(names) | {f"no-{name}" for name, kind in names.items() if kind == "boolean"}


def faults_of(service: str, command: str, rest: str) -> list[str]:
    """Faults of ``aws <service> <command> <rest>``."""
    if (service, command) in ADDED_COMMANDS:
        return []
    if service not in SESSION.get_available_services():
        return [f"service {service} does not exist"]
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if command == "wait":
        waiters = SESSION.create_client(service, region_name="eu-west-1").waiter_names
        waiter = rest.split()[0].replace("-", "_")
        return [] if waiter in waiters else [f"{service} has no waiter {waiter}"]
    if command not in operations:
        return [f"{service} has no {command}"]
    known = options_of(model.operation_model(operations[command])) | GENERAL_OPTIONS
    unknown = set(re.findall(r"(?<=\s)--([a-z][a-z-]*)", rest)) - known
    return [f"{service} {command} has no --{name}" for name in sorted(unknown)]


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").encode()) <= README_BYTES


@pytest.mark.parametrize("theme", demo_picture.THEMES)
def test_the_picture_of_the_demo_shows_the_transcript(theme: str) -> None:
    made = demo_picture.svg(demo_picture.transcript(), demo_picture.THEMES[theme])

    assert demo_picture.files()[theme].read_text() == made, "Run `make docs` and commit its changes."


def test_the_transcript_of_the_demo_fits_into_its_width() -> None:
    assert max(map(len, demo_picture.transcript().splitlines())) <= page.WIDTH


def test_every_error_has_its_section_in_operations_and_there_is_no_other_section() -> None:
    _, _, rest = text_of("docs/operations.md").partition("\n## Errors\n")
    section, _, _ = rest.partition("\n## ")

    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == [error.__name__ for error in ERRORS]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_within_the_project_has_a_target(document: str) -> None:
    text = CODE.sub("", FENCE.sub("", text_of(document)))
    links = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]

    assert [link for link in links if is_dead(document, link)] == []


def test_every_documented_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        (document, found[1])
        for document in DOCUMENTS
        for line in code_lines(document)
        if (found := re.match(r"(?:\$ )?make ([a-z-]+)", line))
    }

    assert {(document, target) for document, target in named if target not in targets} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_documented_aws_command_has_an_operation_and_options_that_exist(document: str) -> None:
    faults = [
        fault for line in code_lines(document) for command in AWS_COMMAND.findall(line) for fault in faults_of(*command)
    ]

    assert faults == []
