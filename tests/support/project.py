"""The project's own files, read as data: what the contract tests hold against each other."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from tools import graph, state_facts, transform

ROOT = Path(__file__).resolve().parents[2]
STATE_MACHINE = ROOT / "statemachine" / "deploy_endpoint.asl.yaml"


@functools.cache
def template() -> dict[str, Any]:
    """template.yaml as written, intrinsics in their long form."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@functools.cache
def transformed() -> dict[str, Any]:
    """template.yaml as CloudFormation sees it after the AWS::Serverless macro."""
    return transform.transformed(ROOT / "template.yaml")


@functools.cache
def state_machine() -> dict[str, Any]:
    """The deploy state machine, substitutions not filled in."""
    parsed: dict[str, Any] = yaml.safe_load(STATE_MACHINE.read_text())
    return parsed


def states() -> dict[str, dict[str, Any]]:
    """Every state of the deploy state machine by name, those of the try-block included."""
    return dict(graph.states(state_machine()))


def tasks() -> dict[str, dict[str, Any]]:
    """The task states by name."""
    return {name: state for name, state in states().items() if state["Type"] == "Task"}


def lambda_tasks() -> dict[str, dict[str, Any]]:
    """The task states that call a function, by name."""
    return {name: state for name, state in tasks().items() if state_facts.is_function(state["Resource"])}


def folder_of(state_name: str) -> str:
    """``Check endpoint`` → ``check_endpoint``."""
    return state_name.lower().replace(" ", "_")


def logical_id_of(state_name: str) -> str:
    """``Check endpoint`` → ``CheckEndpoint``, the beginning of its logical ids."""
    return "".join(word.capitalize() for word in state_name.split())


def substitutions_used() -> set[str]:
    """Names in ``${…}`` of the state machine's file."""
    return set(re.findall(r"\$\{(\w+)\}", STATE_MACHINE.read_text()))


def event(name: str) -> Any:
    """The payload `events/<name>.json`."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def definition() -> dict[str, Any]:
    """The deploy state machine as CloudFormation would hand it over: with ARNs in place of the substitutions."""
    partition_and_functions = {
        name: "aws" if name == "Partition" else f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        for name in substitutions_used()
    }
    text = STATE_MACHINE.read_text()
    for name, value in partition_and_functions.items():
        text = text.replace(f"${{{name}}}", value)
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed
