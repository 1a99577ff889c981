"""The Node programs in this folder; one process answers all questions."""

import json
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
GIVE_UP_SECONDS = 120


def run(program: str, questions: list[Any]) -> list[Any]:
    """Answers of the program to the questions, in order."""
    done = subprocess.run(
        ["node", FOLDER / program],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
        timeout=GIVE_UP_SECONDS,
    )
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers
