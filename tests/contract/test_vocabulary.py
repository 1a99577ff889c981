"""State, function folder, logical id, role, test and doc section bear the same words."""

import re

import pytest

from tests.support import project
from tools import docs, parts

LAMBDA_STATES = sorted(project.lambda_states())
# What a rule calls, for no state can: the execution has ended, or waits.
OF_RULES = ["Settle execution", "Wake execution"]
FUNCTIONS = sorted([*LAMBDA_STATES, *OF_RULES])


@pytest.mark.parametrize("state", FUNCTIONS)
def test_the_function_of_a_state_has_its_folder_with_doorway_and_logic(state: str) -> None:
    folder = project.ROOT / "functions" / project.folder_of(state)

    assert {"app.py", "logic.py"} <= {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("state", LAMBDA_STATES)
def test_a_state_calls_the_function_that_bears_its_name(state: str) -> None:
    tasks = [project.lambda_tasks(machine) for machine in project.MACHINES]

    called = {each[state]["Arguments"]["FunctionName"] for each in tasks if state in each}

    assert called == {f"${{{project.logical_id_of(state)}FunctionArn}}"}


@pytest.mark.parametrize("state", FUNCTIONS)
def test_the_function_of_a_state_is_deployed_with_its_own_role_and_log_group(state: str) -> None:
    resources = project.template()["Resources"]
    logical_id = project.logical_id_of(state)

    function = resources[f"{logical_id}Function"]["Properties"]

    assert function["Handler"] == f"{project.folder_of(state)}.app.lambda_handler"
    assert function["Role"] == {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]}
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{logical_id}LogGroup"}
    assert resources[f"{logical_id}Role"]["Type"] == "AWS::IAM::Role"
    assert resources[f"{logical_id}LogGroup"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("state", FUNCTIONS)
def test_the_function_of_a_state_has_its_tests(state: str) -> None:
    tests = {path.name for path in (project.ROOT / "tests" / "unit").rglob("test_*.py")}

    assert f"test_{project.folder_of(state)}.py" in tests


def test_every_folder_of_functions_is_a_state_a_rule_or_shared() -> None:
    folders = {path.name for path in (project.ROOT / "functions").iterdir() if path.is_dir()} - {"__pycache__"}

    assert folders == {project.folder_of(state) for state in FUNCTIONS} | {"shared"}


def test_every_function_of_the_template_is_called_by_a_state_or_a_rule() -> None:
    functions = {
        name for name, resource in project.template()["Resources"].items() if resource["Type"].endswith("::Function")
    }

    assert functions == {f"{project.logical_id_of(state)}Function" for state in FUNCTIONS}


@pytest.mark.parametrize("machine", project.MACHINES)
def test_every_state_has_its_section_in_the_one_document_of_its_machine(machine: str) -> None:
    (text,) = [each.read_text() for each in docs.documents() if parts.machine_of(each) == machine]

    sections = re.findall(r"^### (.+)\n\n<!-- generated: facts of \1 -->$", text, re.MULTILINE)

    assert set(project.states(machine)) - set(sections) == set()
