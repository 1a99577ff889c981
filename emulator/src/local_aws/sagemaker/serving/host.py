"""The host of a variant or component: the containers of its model, from the launch of the fleet to its end."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from local_aws.core import background, processes
from local_aws.sagemaker.serving import images, starting, stubs
from local_aws.sagemaker.serving.artifacts import ArtifactError, Downloader
from local_aws.sagemaker.serving.containers import Container
from local_aws.sagemaker.serving.definitions import Definition, HostedVariant
from local_aws.sagemaker.serving.messages import (
    TIMEOUT_SECONDS,
    Answer,
    HostEndedError,
    Invocation,
    NotRunnableError,
)
from local_aws.sagemaker.serving.models import Models
from local_aws.sagemaker.serving.starting import BootError

DRAIN_SECONDS = 60.0  # real time that invocations in progress have at the end


@dataclass(frozen=True)
class Failure:
    """Why the containers of a variant did not start, and the seconds after which SageMaker gives up."""

    reason: str
    seconds: float = 0.0


class Host:
    """Answers the invocations of one variant or inference component of an endpoint. Thread-safe.

    Attributes
    ----------
    failure : Failure or None
        Set by `start` if the containers did not start.

    Parameters
    ----------
    refusal : str, optional
        Why it does not answer until it is started.
    """

    def __init__(self, variant: HostedVariant, definitions: Sequence[Definition], refusal: str | None = None) -> None:
        self.failure: Failure | None = None
        self._variant, self._definitions = variant, definitions
        self._refusal = refusal or f"Variant {variant.variant_name} has not been started."
        self._containers: list[Container] = []
        self._models: Models | None = None
        self._folder: Path | None = None
        self._changed = threading.Condition()
        self._starting = threading.Lock()  # held while containers start and while they end
        self._in_progress = 0
        self._ended = False

    def start(self) -> None:
        """Start the containers, and wait until they answer their pings. `failure` says whether they do.

        If one of the images cannot run here, no container is started.
        """
        with self._starting:
            if self._ended:
                return
            try:
                self._start_all([images.find(definition) for definition in self._definitions])
            except NotRunnableError as error:
                self._refusal = str(error)
            except ArtifactError as error:
                self.failure = Failure(str(error))
            except BootError as error:
                self.failure = Failure(str(error), self._variant.health_check_seconds)
            else:
                return
            self._stop()

    def end(self) -> None:
        """End the containers in the background, after the invocations in progress. Later ones are refused."""
        with self._changed:
            if self._ended:
                return
            self._ended = True
        background.run(self._drain_and_stop)

    def invoke(self, invocation: Invocation, timeout_seconds: float = TIMEOUT_SECONDS) -> Answer:
        """Let the variant's containers, or its stub, answer.

        The caller is busy and does not hold SageMaker's lock. It has checked that the invocation names a model of a
        multi-model container, and one of several containers that are invoked directly.

        Raises
        ------
        HostTimeoutError
            If a container does not answer within `timeout_seconds`.
        HostEndedError
            If the variant has been replaced meanwhile. The caller chooses a variant again.
        ModelDataError
            If the target model cannot be downloaded.
        NotRunnableError
            If the containers cannot run here and no stub is set.
        """
        stub = stubs.find(self._variant.endpoint_name, self._variant.variant_name, self._variant.component_name)
        if stub:
            return stub.answer(invocation.target_container, timeout_seconds)
        with self._in_use() as containers:
            if self._models:
                return self._models.invoke(invocation, timeout_seconds)
            target = next((each for each in containers if each.name == invocation.target_container), None)
            if target:
                return target.invoke(invocation, timeout_seconds)
            return _pass_through(containers, invocation, timeout_seconds)

    @contextmanager
    def _in_use(self) -> Iterator[list[Container]]:
        with self._changed:
            if self._ended:
                raise HostEndedError
            if not self._containers:
                raise NotRunnableError(self._refusal)
            self._in_progress += 1
        try:
            yield self._containers
        finally:
            with self._changed:
                self._in_progress -= 1
                self._changed.notify_all()

    def _start_all(self, found: list[images.Image]) -> None:
        self._folder = Path(mkdtemp(dir=processes.workspace()))
        for position, (definition, image) in enumerate(zip(self._definitions, found, strict=True), 1):
            base = self._folder / str(position)
            container = starting.start(self._variant, definition, image, position, base)
            self._containers.append(container)
            if definition.is_multi_model and definition.data:
                downloader = Downloader(self._variant.region, self._variant.role_arn)
                self._models = Models(container, definition.data.uri, base / "models", downloader)

    def _drain_and_stop(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._in_progress == 0, DRAIN_SECONDS)
        with self._starting:
            self._stop()

    def _stop(self) -> None:
        ended, self._containers = self._containers, []
        for container in ended:
            container.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)  # its temporary files are deleted with it
            self._folder = None


def _pass_through(containers: list[Container], invocation: Invocation, timeout_seconds: float) -> Answer:
    """Pass the body through the containers. Only the last gets the Accept header of the client."""
    *first, last = containers
    passed = invocation
    for container in first:
        answer = container.invoke(replace(passed, accept=None), timeout_seconds)
        if answer.status != 200:
            return answer
        passed = replace(invocation, body=answer.body, content_type=answer.headers.get("Content-Type"))
    return last.invoke(passed, timeout_seconds)
