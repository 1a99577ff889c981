import pytest

from tests.command.process import Command
from tests.support.deployment import Slipway


@pytest.fixture
def command(slipway: Slipway) -> Command:
    """The command, with an administrator's credentials."""
    return Command(slipway)
