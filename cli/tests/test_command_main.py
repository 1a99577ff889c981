"""The command and its help."""

import io
import sys

import pytest
from click.testing import CliRunner

from slipway.main import COMMANDS, main, run


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0, result.output
    assert [name for name in COMMANDS if f"\n  {name}" not in result.output] == []


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["deply"])

    assert result.exit_code == 2
    assert "No such command 'deply'" in result.output


def test_an_encoding_without_a_character_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="cp1252"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "argv", ["slipway", "--help"])
    monkeypatch.setattr(main, "help", "a ✓")

    with pytest.raises(SystemExit) as ended:
        run()

    assert ended.value.code == 0
    assert b"  a ?\n" in out.getvalue()
