"""AWS managed policies: over a thousand, which moto loads when the first role is created.

One is loaded when it is first named, and all of them when policies are listed. That saves each start a second.
"""

import functools
import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy

OF_AWS = re.compile(r"arn:[^:]+:iam::aws:policy/")


class Policies(dict[str, ManagedPolicy]):
    """An account's managed policies by ARN. AWS managed policies are loaded on first use.

    Parameters
    ----------
    read_one : callable
        Reads the AWS managed policy of an ARN; None if there is no such policy.
    read : callable
        Reads all of them.
    """

    def __init__(
        self, read_one: Callable[[str], ManagedPolicy | None], read: Callable[[], Iterable[ManagedPolicy]]
    ) -> None:
        super().__init__()
        self._read_one = read_one
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
        with self._reading:
            if self._read and OF_AWS.match(arn) and not dict.__contains__(self, arn):
                policy = self._read_one(arn)
                if policy:
                    self[arn] = policy

    def _read_all(self) -> None:
        with self._reading:
            if self._read:
                # Not those that are there: they count their attachments.
                self.update({policy.arn: policy for policy in self._read() if not dict.__contains__(self, policy.arn)})
                self._read = None


@functools.cache
def _published() -> dict[str, Any]:
    """What AWS publishes of its policies, by path and name."""
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return {f"{data['Path']}{name}": data for name, data in policies.items()}


def install() -> None:
    """Let backends load AWS managed policies late."""
    read = IAMBackend._init_aws_policies

    def read_late(backend: IAMBackend) -> list[ManagedPolicy]:
        policies: list[ManagedPolicy] = read(backend)
        backend.aws_managed_policies = policies
        return policies

    def read_one(backend: IAMBackend, arn: str) -> ManagedPolicy | None:
        path = arn.partition(":policy")[2]
        data = _published().get(path)
        name = path.rpartition("/")[2]
        return AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data) if data else None

    IAMBackend._init_aws_policies = lambda _: []
    IAMBackend._init_managed_policies = lambda backend: Policies(
        functools.partial(read_one, backend), lambda: read_late(backend)
    )
