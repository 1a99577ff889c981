"""Faults and warnings that are found while models are resolved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.planning.faults import Fault


class ModelFaultError(Exception):
    """A fault of a model that ends its resolution.

    Attributes
    ----------
    fault : Fault
        With the JSON pointer in the request.
    """

    def __init__(self, pointer: str, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.fault = Fault(pointer, problem, remedy)


@dataclass(frozen=True)
class Findings:
    """All faults and warnings of a request's models."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Add the fault that ends the block, so that the others are found, too."""
        try:
            yield
        except ModelFaultError as refused:
            self.faults.append(refused.fault)
