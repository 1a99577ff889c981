"""What a caller and a host exchange: invocations, answers and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 60.0  # developer guide, your-algorithms-inference-code: a container answers within 60 seconds
UNHEALTHY_COMPONENT = (  # AWS does not publish it
    "The container of the inference component did not pass the ping health check. Please check CloudWatch logs for "
    "this inference component."
)
PRIMARY = "primary"  # name of a container without hostname in SageMaker's messages


@dataclass(frozen=True)
class Invocation:
    """A request for a model.

    Attributes
    ----------
    target_model : str, optional
        Of a multi-model container: the artifact's key below the model's prefix.
    target_container : str, optional
        Of a direct invocation of one of several containers: its hostname.
    """

    body: bytes
    content_type: str | None = None
    accept: str | None = None
    custom_attributes: str | None = None
    target_model: str | None = None
    target_container: str | None = None


@dataclass(frozen=True)
class Answer:
    """The answer of a container, an error included; `container` is ``primary`` or a hostname."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    container: str = PRIMARY


class HostTimeoutError(Exception):
    """A container did not answer in time; `container` is ``primary`` or a hostname."""

    def __init__(self, container: str) -> None:
        super().__init__(f"container {container} did not answer in time")
        self.container = container


class HostEndedError(Exception):
    """The variant was replaced before it got the request. Its endpoint has another one."""


class ModelDataError(Exception):
    """The target model of an invocation cannot be downloaded; the message is SageMaker's."""


class NotRunnableError(Exception):
    """The containers of a variant cannot run here; the message says why and what to do."""
