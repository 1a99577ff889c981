"""The command and its help."""

from click.testing import CliRunner

from slipway.main import COMMANDS, main


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0, result.output
    assert [name for name in COMMANDS if f"\n  {name}" not in result.output] == []


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["deply"])

    assert result.exit_code == 2
    assert "No such command 'deply'" in result.output
