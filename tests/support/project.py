"""The project's own files as data, for contract tests that compare them."""

import functools
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from slipway import graph
from tools import machines, transform

ROOT = Path(__file__).resolve().parents[2]
MACHINES = machines.NAMES
DEPLOYS, REMOVES, RECOVERS = "deploy_endpoint", "remove_endpoint", "recover_deployment"


@functools.cache
def template() -> dict[str, Any]:
    """template.yaml as written, with intrinsic functions in their long form."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@functools.cache
def transformed() -> dict[str, Any]:
    """template.yaml after the AWS::Serverless transform."""
    return transform.transformed(ROOT / "template.yaml")


def state_machine(machine: str = DEPLOYS) -> dict[str, Any]:
    """A state machine definition with its substitutions unresolved."""
    return machines.definition(machine)


def states(machine: str = DEPLOYS) -> dict[str, dict[str, Any]]:
    """All states of a state machine by name, including those inside Parallel states."""
    return dict(graph.states(state_machine(machine)))


def tasks(machine: str = DEPLOYS) -> dict[str, dict[str, Any]]:
    """Task states by name."""
    return {name: state for name, state in states(machine).items() if state["Type"] == "Task"}


def lambda_tasks(machine: str = DEPLOYS) -> dict[str, dict[str, Any]]:
    """Task states that call a function, by name."""
    return {name: state for name, state in tasks(machine).items() if graph.is_function(state["Resource"])}


def lambda_states() -> set[str]:
    """Names of the states that call a function, in any state machine."""
    return {state for machine in MACHINES for state in lambda_tasks(machine)}


@functools.cache
def function_folders() -> dict[str, str]:
    """Folder of each function by its logical ID."""
    resources = template()["Resources"].items()
    return {
        name: str(resource["Properties"]["Handler"]).partition(".")[0]
        for name, resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
    }


def logical_id_of(folder: str) -> str:
    """``check_endpoint`` → ``CheckEndpointFunction``."""
    return "".join(word.capitalize() for word in folder.split("_")) + "Function"


def machine_id(machine: str) -> str:
    """Logical ID of a state machine."""
    uri = f"statemachine/{machine}.asl.yaml"
    found = (name for name, each in template()["Resources"].items() if each["Properties"].get("DefinitionUri") == uri)
    return next(found)


def role_of(machine: str) -> str:
    """Logical ID of a state machine's role."""
    properties = transformed()["Resources"][machine_id(machine)]["Properties"]
    return str(properties["RoleArn"]["Fn::GetAtt"][0])


def substitutions_used(machine: str = DEPLOYS) -> set[str]:
    """Names used as ``${…}`` in a state machine's file."""
    return set(re.findall(r"\$\{(\w+)\}", machines.path(machine).read_text()))


def event(name: str) -> Any:
    """The payload `events/<name>.json`."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def definition(machine: str = DEPLOYS) -> dict[str, Any]:
    """A state machine definition as deployed by CloudFormation, with ARNs for the substitutions."""
    partition_and_functions = {
        name: "aws" if name == "Partition" else f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        for name in substitutions_used(machine)
    }
    text = machines.path(machine).read_text()
    for name, value in partition_and_functions.items():
        text = text.replace(f"${{{name}}}", value)
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def commands(document: str, heading: str) -> list[str]:
    """Shell blocks of a section of a page in docs/, in order, without list indentation."""
    (section,) = re.findall(rf"^## {heading}$(.*?)(?=^## |\Z)", (ROOT / "docs" / document).read_text(), re.S | re.M)
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```", section, re.S | re.M)]
