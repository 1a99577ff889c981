"""pytest plugin of `make test`: shows the progress of the collection, which takes seconds."""

from __future__ import annotations

import os
from typing import Any, TextIO

import pytest

from tools import progress


class Collecting:
    """Progress of the collection, in the process that starts the workers."""

    def __init__(self, out: TextIO) -> None:
        self._step: progress.Step | None = progress.Step("tests", "collect", out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if self._step:
            self._step.result = f"{len(ids)} collected"
            self._step.note(f"{len(ids)} collected, run the first")

    def pytest_runtest_logreport(self) -> None:
        self._end()

    def pytest_sessionfinish(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._step:
            self._step.end(succeeded=True)
            self._step = None


def pytest_configure(config: Any) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        out = os.fdopen(os.dup(2), "w")  # pytest captures stderr itself
        config.add_cleanup(out.close)
        config.pluginmanager.register(Collecting(out))
