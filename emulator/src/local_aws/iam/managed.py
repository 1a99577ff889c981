"""AWS managed policies: over a thousand, which moto loads when the first role is created.

They are loaded when one of them, or the list of policies, is first read. That saves each start a second.
"""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.iam.models import IAMBackend, ManagedPolicy

OF_AWS = re.compile(r"arn:[^:]+:iam::aws:policy/")


class Policies(dict[str, ManagedPolicy]):
    """An account's managed policies by ARN. AWS managed policies are loaded on first use."""

    def __init__(self, read: Callable[[], Iterable[ManagedPolicy]]) -> None:
        super().__init__()
        self._read: Callable[[], Iterable[ManagedPolicy]] | None = read
        self._reading = threading.Lock()

    def __getitem__(self, arn: str) -> ManagedPolicy:
        self._read_for(arn)
        return super().__getitem__(arn)

    def __contains__(self, arn: object) -> bool:
        self._read_for(str(arn))
        return super().__contains__(arn)

    def get(self, arn: str, default: Any = None) -> Any:
        self._read_for(arn)
        return super().get(arn, default)

    def __iter__(self) -> Any:
        self._read_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._read_all()
        return super().__len__()

    def keys(self) -> Any:
        self._read_all()
        return super().keys()

    def values(self) -> Any:
        self._read_all()
        return super().values()

    def items(self) -> Any:
        self._read_all()
        return super().items()

    def _read_for(self, arn: str) -> None:
        if OF_AWS.match(arn):
            self._read_all()

    def _read_all(self) -> None:
        with self._reading:
            if self._read:
                self.update({policy.arn: policy for policy in self._read()})
                self._read = None


def install() -> None:
    """Let backends load AWS managed policies late."""
    read = IAMBackend._init_aws_policies

    def read_late(backend: IAMBackend) -> list[ManagedPolicy]:
        policies: list[ManagedPolicy] = read(backend)
        backend.aws_managed_policies = policies
        return policies

    IAMBackend._init_aws_policies = lambda _: []
    IAMBackend._init_managed_policies = lambda backend: Policies(lambda: read_late(backend))
