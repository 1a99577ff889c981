"""Code of functions on disk: each zip archive is unpacked once for all functions and environments.

The folder also keeps the bytecode that the first environment compiles, so that the others start faster.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
import zipfile
from pathlib import Path

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction, lambda_backends

from local_aws.awslambda import native
from local_aws.core import processes

_lock = threading.Lock()


def check(function: LambdaFunction) -> None:
    """Refuse an invalid archive, as AWS does on upload, and one that cannot run on this machine.

    Raises
    ------
    moto.awslambda.exceptions.InvalidParameterValueException
    """
    if not zipfile.is_zipfile(io.BytesIO(function.code_bytes)):
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    task_root(function)


def task_root(function: LambdaFunction) -> Path:
    """The folder with the function's own code, ``/var/task`` on AWS."""
    return _unpacked(function.code_bytes)


def layer_roots(function: LambdaFunction) -> list[Path]:
    """The folders of the function's layers, in the order in which AWS merges them into ``/opt``."""
    backend = lambda_backends[function.account_id][function.region]
    versions = [backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    return [_unpacked(version.code_bytes) for version in versions]


def _unpacked(archive: bytes) -> Path:
    folder = processes.workspace() / "code" / hashlib.sha256(archive).hexdigest()[:16]
    with _lock:
        if not folder.exists():
            with zipfile.ZipFile(io.BytesIO(archive)) as files:
                files.extractall(folder)
            try:
                native.fit(folder)
            except native.MisfitError as misfit:
                shutil.rmtree(folder)
                raise InvalidParameterValueException(str(misfit)) from misfit
    return folder
