from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.unit.conftest import Context
from tests.unit.notify.world import World


@pytest.fixture
def world(app: Callable[[str], ModuleType], dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(app("notify"), dynamodb, context, monkeypatch)
