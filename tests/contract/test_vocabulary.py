"""State, function folder, logical ID, test and document section use the same words."""

import re
from typing import Any

import pytest

from tests.support import project
from tools import docs, parts, state_facts

TASKS = [(machine, state) for machine in project.MACHINES for state in sorted(project.lambda_tasks(machine))]
# Functions called by rules: the execution has ended or waits.
OF_RULES = {"recover_execution", "wake_execution"}
# States named differently from their function, which serves several states.
OF_SEVERAL_STATES = {
    "Notify success": "notify",
    "Notify failure": "notify",
    "Notify removal": "notify",
    "Remove endpoint": "clean_up",
}
FOLDERS = sorted({state_facts.function_of(project.tasks(machine)[state]) for machine, state in TASKS} | OF_RULES)


@pytest.mark.parametrize(("machine", "state"), TASKS)
def test_a_state_calls_the_function_of_the_same_name(machine: str, state: str) -> None:
    expected = OF_SEVERAL_STATES.get(state, state.lower().replace(" ", "_"))

    assert state_facts.function_of(project.tasks(machine)[state]) == expected


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_has_its_folder_with_its_handler_and_its_tests(folder: str) -> None:
    files = {path.name for path in (project.ROOT / "functions" / folder).iterdir()}
    assert "app.py" in files
    assert list((project.ROOT / "tests" / "unit" / folder).rglob("test_*.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_deployed_with_the_name_of_its_folder(folder: str) -> None:
    function: dict[str, Any] = project.template()["Resources"][project.logical_id_of(folder)]["Properties"]

    assert function["Handler"] == f"{folder}.app.lambda_handler"


def test_every_folder_of_functions_is_shared_or_called_by_a_state_or_a_rule() -> None:
    folders = {path.name for path in (project.ROOT / "functions").iterdir() if path.is_dir()} - {"__pycache__"}

    assert folders == {*FOLDERS, "shared"}


def test_every_function_of_the_template_is_called_by_a_state_or_a_rule() -> None:
    assert sorted(project.function_folders().values()) == FOLDERS


@pytest.mark.parametrize("machine", project.MACHINES)
def test_every_state_has_its_section_in_the_document_of_its_machine(machine: str) -> None:
    (text,) = [each.read_text() for each in docs.documents() if parts.machine_of(each) == machine]

    sections = re.findall(r"^### (.+)\n\n<!-- generated: facts of \1 -->$", text, re.MULTILINE)

    assert set(project.states(machine)) - set(sections) == set()
