"""The launch of a fleet: the hosts of new variants start while the virtual clock stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_aws.core import background
from local_aws.core.clock import Event
from local_aws.sagemaker.serving.host import Failure, Host


class Launch:
    """The start of `hosts`, begun at once in the background."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._hosts = hosts
        self._done = Event()
        background.run(self._run)

    @property
    def failure(self) -> Failure | None:
        """The first failure of a host, once all have been started."""
        return next((host.failure for host in self._hosts if host.failure), None)

    def when_done(self, action: Callable[[], None]) -> None:
        """Call `action` when all hosts have been started: at once on the virtual clock, later on the real one."""
        self._done.on_set(action)

    def _run(self) -> None:
        try:
            for host in self._hosts:
                host.start()
        finally:
            self._done.set()
