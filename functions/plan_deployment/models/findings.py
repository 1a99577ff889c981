"""Faults and warnings that are found while models are resolved."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from shared.aws import code_of, what_aws_said
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


def fault_if_missing(error: ClientError, codes: Container[str], problem: str, pointer: str, remedy: str) -> Exception:
    """Return the fault that SageMaker's error means if its code is one of these, otherwise the error itself."""
    if code_of(error) not in codes:
        return error
    return ModelFaultError(pointer, f"{problem}: {what_aws_said(error).rstrip('.')}", remedy)


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
