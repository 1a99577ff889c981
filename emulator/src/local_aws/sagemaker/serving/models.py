"""Models of a multi-model container: downloaded and loaded by their first invocation."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from pathlib import Path

from local_aws.sagemaker.serving.artifacts import ArtifactError, Downloader, split
from local_aws.sagemaker.serving.containers import Container
from local_aws.sagemaker.serving.definitions import Data
from local_aws.sagemaker.serving.messages import Answer, Invocation, ModelDataError

LOAD_SECONDS = 360.0  # developer guide, invoke-multi-model-endpoint


class Models:
    """The models below an S3 prefix, and those that `container` has loaded. Thread-safe."""

    def __init__(self, container: Container, prefix: str, folder: Path, downloader: Downloader) -> None:
        self._container, self._prefix, self._folder, self._downloader = container, prefix, folder, downloader
        self._loaded: set[str] = set()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def invoke(self, invocation: Invocation, timeout_seconds: float) -> Answer:
        """Let the target model answer; the answer of a model that does not load is the error of its loading.

        Raises
        ------
        HostTimeoutError
            If the container does not answer in time.
        ModelDataError
            If the target model cannot be downloaded.
        """
        target = invocation.target_model or ""
        name = hashlib.sha256(target.encode()).hexdigest()[:32]
        with self._locks[name]:
            failed = None if name in self._loaded else self._load(name, target)
        return failed or self._container.invoke(invocation, timeout_seconds, f"/models/{name}/invoke")

    def _load(self, name: str, target: str) -> Answer | None:
        """Download and load a model; return the container's error if it does not load."""
        folder = self._folder / name / "model"
        if not folder.exists():
            self._download(target, folder)
        body = json.dumps({"model_name": name, "url": str(folder)}).encode()
        answer = self._container.invoke(Invocation(body, "application/json"), LOAD_SECONDS, "/models")
        if answer.status not in (200, 409):  # 409: another worker's
            return answer
        self._loaded.add(name)
        return None

    def _download(self, target: str, folder: Path) -> None:
        uri = f"{self._prefix.rstrip('/')}/{target.lstrip('/')}"
        try:
            self._downloader.download(Data(uri, "tar.gz"), folder, 1)
        except ArtifactError as error:
            bucket, key = split(uri)
            raise ModelDataError(
                f"Failed to download model data(bucket: {bucket}, key: {key}). Please ensure that there is an object "
                "located at the URL and that the role passed to CreateModel has permissions to download the model."
            ) from error
