"""Environment variables of an execution environment."""

from __future__ import annotations

import os
import socket
import sys
from functools import cache
from pathlib import Path

from moto.settings import moto_server_port

from local_aws.awslambda.revision import Revision
from local_aws.awslambda.runtime_api import LOOPBACK
from local_aws.core import principals

# Lambda developer guide, "Working with Lambda environment variables": functions cannot set these.
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)


def variables(revision: Revision, task_root: Path, layer_roots: list[Path], home: Path) -> dict[str, str]:
    """AWS's variables for this revision, and none of the server's own.

    `home` replaces ``/tmp`` and the home folder, so that functions stay in the local AWS's folder and do not read the
    developer's ``~/.aws``.
    """
    given = dict(revision.variables)
    session = principals.role_session(revision.role_arn, revision.name)
    python_path = [task_root, *_layer_paths(layer_roots), *given.pop("PYTHONPATH", "").split(os.pathsep)]
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": os.pathsep.join(str(path) for path in python_path if str(path)),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": _trace_daemon(),
        "AWS_ENDPOINT_URL": f"http://localhost:{moto_server_port()}",
        "AWS_EC2_METADATA_DISABLED": "true",
        **given,
        **_log_variables(revision),
        "_HANDLER": revision.handler,
        "AWS_DEFAULT_REGION": revision.region,
        "AWS_REGION": revision.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{revision.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": revision.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(revision.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": revision.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": revision.logging.group,
        "AWS_ACCESS_KEY_ID": session["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": session["aws_secret_access_key"],
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(Path(sys.executable).parent),
    }


def _log_variables(revision: Revision) -> dict[str, str]:
    if not revision.logging.json:
        return {"AWS_LAMBDA_LOG_FORMAT": "Text"}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": revision.logging.application_level}


def _layer_paths(layer_roots: list[Path]) -> list[Path]:
    """Python's path in layers, later layers first: their files have precedence (Lambda developer guide, layers)."""
    site_packages = Path("python", "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
    latest_first = list(reversed(layer_roots))
    return [root / site_packages for root in latest_first] + [root / "python" for root in latest_first]


def _trace_daemon() -> str:
    return f"{LOOPBACK}:{_trace_sink().getsockname()[1]}"


@cache
def _trace_sink() -> socket.socket:
    """A socket for the segments of X-Ray's SDK, which drops them, so that no daemon of the developer gets them."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind((LOOPBACK, 0))
    return sink
