"""What must be deployed before a payload: the endpoint of a removal, two deployments of it for a rollback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.stack import BAD

Request = dict[str, Any]
# Fields of requests that start from what exists.
ROLLBACKS, REMOVAL = ("rollback", "rollbackTo"), "confirm"
OTHER_MODEL = "-2"


def of(path: Path, event: Any) -> list[tuple[Path, Request]]:
    """Requests to deploy before the event, in order, each with the file it comes from.

    They come from the first valid payload in the same folder for the same endpoint; without one, there are none.
    """
    if not isinstance(event, dict) or not {*ROLLBACKS, REMOVAL} & event.keys():
        return []
    found = next(_of_endpoint(path.parent, event.get("endpointName")), None)
    if found is None:
        return []
    source, request = found
    second = [] if REMOVAL in event else [(source, _with_other_model(request))]
    return [(source, request), *second]


def _of_endpoint(folder: Path, endpoint_name: Any) -> Iterator[tuple[Path, Request]]:
    """Yield the valid payloads of the folder that deploy the endpoint, each with its file."""
    for path in sorted(folder.glob("*.json")):
        request = json.loads(path.read_text()) if not path.name.startswith(BAD) else None
        if (
            isinstance(request, dict)
            and "productionVariants" in request
            and request.get("endpointName") == endpoint_name
        ):
            yield path, request


def _with_other_model(request: Request) -> Request:
    """The request with another model for each variant, so that the former deployment differs."""
    variants = [
        {**each, "ModelName": f"{each['ModelName']}{OTHER_MODEL}"} if "ModelName" in each else each
        for each in request["productionVariants"]
    ]
    return {**request, "productionVariants": variants}
