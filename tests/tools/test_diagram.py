from typing import Any

import pytest

from tools import diagram, machines


def task(following: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": following, **more}


def machine(**states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def caught(following: str, *errors: str) -> dict[str, Any]:
    return {"ErrorEquals": list(errors or ("States.ALL",)), "Next": following}


def arrows_of(definition: dict[str, Any]) -> list[str]:
    lines = [line.strip() for line in diagram.flowchart(definition).splitlines()]
    return [line for line in lines if ">" in line and not line.startswith("start")]


END = {"Type": "Fail"}


def test_a_caught_failure_is_a_dashed_arrow() -> None:
    assert arrows_of(machine(Try=task("Done", Catch=[caught("Undo")]), Done=END, Undo=END)) == [
        "try --> done",
        'try -. "failure" .-> undo',
    ]


def test_a_failure_that_leads_to_the_next_state_has_no_arrow_of_its_own() -> None:
    assert arrows_of(machine(Try=task("Done", Catch=[caught("Done")]), Done=END)) == ["try --> done"]


def test_an_arrow_to_a_try_block_points_to_its_first_state_and_leaves_from_its_last() -> None:
    inner = machine(First=task("Last"), Last={"Type": "Pass", "End": True})
    block = {"Type": "Parallel", "Branches": [inner], "Next": "After", "Catch": [caught("Undo")]}

    arrows = arrows_of(machine(Before=task("Block"), Block=block, After=END, Undo=END))

    assert arrows == ["first --> last", "before --> first", "last --> after", 'block -. "failure" .-> undo']


def test_a_question_with_one_condition_is_answered_with_yes_or_no() -> None:
    question = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $exists($rollBack.Error) %}", "Next": "Bad"}],
        "Default": "Good",
    }

    assert arrows_of(machine(Recovered=question, Bad=END, Good=END)) == [
        'recovered -- "no" --> bad',
        'recovered -- "yes" --> good',
    ]


def test_a_condition_without_words_cannot_be_drawn() -> None:
    question = {"Type": "Choice", "Choices": [{"Condition": "{% $unknown %}", "Next": "Done"}]}

    with pytest.raises(KeyError, match="unknown"):
        diagram.flowchart(machine(Question=question, Done=END))


@pytest.mark.parametrize("name", machines.NAMES)
def test_every_condition_of_the_state_machines_has_words(name: str) -> None:
    assert diagram.flowchart(machines.definition(name))
