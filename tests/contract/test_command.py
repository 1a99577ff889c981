"""The command agrees with the functions and the documents."""

import re

from shared import errors
from slipway.errors import Exit
from slipway.executions import REFUSALS
from tests.support.project import ROOT
from tools import validation_links


def test_the_wheel_has_every_file_of_the_functions_that_the_validation_needs() -> None:
    assert validation_links.linked() == validation_links.needed(), "run python -m tools.validation_links"


def test_refusals_are_the_errors_before_anything_was_changed() -> None:
    _, _, rest = str(errors.__doc__).partition("before anything was changed: ")
    listed, _, _ = rest.partition("├")

    assert set(re.findall(r"\w+", listed)) == REFUSALS


def test_every_exit_code_is_documented() -> None:
    documented = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "command.md").read_text(), re.MULTILINE)

    assert [int(code) for code in documented] == list(Exit)
