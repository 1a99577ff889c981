"""The generated parts of README.md and docs/."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench import costs  # the package puts functions/ on the path, which `shared` comes from
from shared.errors import ERRORS
from tools import deployer, diagram, field_table, machines, markdown, preset_policies, state_facts, transcript
from tools.stack import ROOT

FEW_VALUES = 4
MACHINE = re.compile(r"^The state machine is `statemachine/(?P<name>\w+)\.asl\.yaml`", re.MULTILINE)


def parts(document: Path) -> dict[str, Callable[[], str]]:
    """Generators of the parts of a document, by name; state facts are those of the document's state machine."""
    facts: dict[str, str] = state_facts.of(machines.definition(name)) if (name := machine_of(document)) else {}
    return {
        "demo": lambda: markdown.fenced("text", transcript.text()),
        "request": lambda: field_table.text(schema("plan_deployment")),
        "removal request": lambda: field_table.text(schema("plan_removal")),
        "errors": errors,
        "parameters": parameters,
        "outputs": outputs,
        "deployer": deployer.listed,
        "cost": costs.markdown,
        "targets": targets,
        "coverage": coverage,
        **{f"example {path.stem}": partial(example, path) for path in sorted((ROOT / "events").glob("*.json"))},
        **{f"policies of {name}": partial(preset_policies.text, name) for name in preset_policies.NAMES},
        **{f"diagram of {name}": partial(flowchart, name) for name in machines.NAMES},
        **{f"facts of {state}": partial(str, text) for state, text in facts.items()},
    }


def machine_of(document: Path) -> str | None:
    """Name of the state machine that the document describes, if any."""
    found = MACHINE.search(document.read_text())
    return found["name"] if found else None


def example(event: Path) -> str:
    """A payload of events/."""
    return markdown.fenced("json", event.read_text().strip())


def flowchart(machine: str) -> str:
    """The picture of a state machine."""
    return markdown.fenced("mermaid", diagram.flowchart(machines.definition(machine)))


def errors() -> str:
    """The documented errors: name, meaning, remedy."""
    rows = []
    for error in ERRORS:
        name = error.__name__
        link = f"[`{name}`](operations.md#{markdown.anchor(name)})"
        rows.append([link, markdown.plain(error.__doc__ or ""), markdown.plain(error.remedy)])
    return markdown.table(("Error", "Meaning", "What to do"), rows)


def parameters() -> str:
    """The template's parameters."""
    rows = []
    for name, said in template()["Parameters"].items():
        values = [str(value) for value in said.get("AllowedValues", [])]
        allowed = said.get("ConstraintDescription", ", ".join(map(markdown.code, values[:FEW_VALUES])))
        if len(values) > FEW_VALUES:
            allowed += f" … `{values[-1]}`"
        rows.append([markdown.code(name), markdown.code(str(said["Default"])), allowed, said["Description"]])
    return markdown.table(("Parameter", "Default", "Allowed", "Description"), rows)


def outputs() -> str:
    """The template's outputs."""
    rows = [[markdown.code(name), said["Description"]] for name, said in template()["Outputs"].items()]
    return markdown.table(("Output", "Description"), rows)


def targets() -> str:
    """The make targets, as `make help` lists them."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return markdown.table(("Command", "What it does"), [[f"`make {name}`", said] for name, said in found])


def coverage() -> str:
    """Coverage of the local AWS, by service."""
    return "\n\n".join(path.read_text().strip() for path in sorted((ROOT / "emulator" / "coverage").glob("*.md")))


@cache
def template() -> dict[str, Any]:
    """template.yaml as written, with intrinsic functions in their long form."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def schema(planner: str) -> dict[str, Any]:
    """JSON Schema of the requests of a planning function."""
    path = ROOT / "functions" / planner / "request.schema.json"
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed
