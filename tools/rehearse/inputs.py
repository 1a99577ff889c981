"""The files of a rehearsal: the payload and the description of traffic, checked before anything starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_aws.offline import traffic_description

# The clock starts this long before the traffic, for the deployment: a creation lasts minutes.
DEPLOYMENT_SECONDS = 3600
DEFAULT_START = "2026-12-07T00:00:00"  # a Monday; not today, so that a rehearsal is the same every day
ONLY_TRAFFIC = "the event's name is used"


class BadInputError(ValueError):
    """A file is missing or invalid; the message names the file, the place and the problem."""


@dataclass(frozen=True)
class Inputs:
    """What is rehearsed.

    Attributes
    ----------
    event, traffic : dict
        The payload, and the body of ``POST /_emulator/traffic``.
    clock : str
        Time at which the local AWS starts.
    """

    event: dict[str, Any]
    traffic: dict[str, Any]
    clock: str


def read(event_path: Path, traffic_path: Path) -> Inputs:
    """Read and check both files.

    Raises
    ------
    BadInputError
        If a file cannot be read, is not a deployment or not a description of traffic.
    """
    event = _object(event_path)
    name = event.get("endpointName")
    if not isinstance(name, str) or "productionVariants" not in event:
        raise BadInputError(f"{event_path}: a rehearsal needs a request with endpointName and productionVariants")
    given = _object(traffic_path)
    if "endpointName" in given:
        raise BadInputError(f"{traffic_path}: /endpointName: remove it; {ONLY_TRAFFIC}")
    traffic = {"start": DEFAULT_START, **given, "endpointName": name}
    traffic["requestsPerSecond"] = _with_files(traffic.get("requestsPerSecond"), traffic_path)
    try:
        start = traffic_description(traffic, 0.0).start
    except ValueError as error:
        raise BadInputError(f"{traffic_path}: {error}") from error
    clock = datetime.fromtimestamp(start - DEPLOYMENT_SECONDS, UTC)
    return Inputs(event, traffic, f"{clock:%Y-%m-%dT%H:%M:%SZ}")


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise BadInputError(f"{path}: not a JSON object")
    return found


def _with_files(elements: Any, traffic_path: Path) -> Any:
    """Replace the name of each CSV file, which has no line break, by the text of the file."""
    if not isinstance(elements, list):
        return elements
    return [_with_file(each, traffic_path) for each in elements]


def _with_file(element: Any, traffic_path: Path) -> Any:
    name = element.get("csv") if isinstance(element, dict) else None
    if not isinstance(name, str) or "\n" in name:
        return element
    path = traffic_path.with_name(name)
    try:
        return {**element, "csv": path.read_text()}
    except (OSError, ValueError) as error:
        raise BadInputError(f"{traffic_path}: {path}: {error}") from error
