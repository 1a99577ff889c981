"""Data capture: requests and answers of endpoints, as lines of JSON in S3.

SageMaker developer guide, model-monitor-data-capture-endpoint. The lines are kept in memory until an endpoint
is deleted, an object is read or listed, or there are many.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.core import clients, principals
from local_aws.core.clock import clock
from local_aws.sagemaker.serving import Answer
from local_aws.sagemakerruntime import identifiers, locations
from local_aws.sagemakerruntime.targets import Target

MOST_BYTES_KEPT = 4_000_000
_BOTH = "InputAndOutput"
# API reference, CaptureContentTypeHeader: what is in neither list is encoded in base64.
_TEXTS = {"CSV": "CsvContentTypes", "JSON": "JsonContentTypes"}

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_writing = threading.RLock()
_kept: dict[_Destination, list[tuple[datetime, str]]] = {}
_kept_bytes = 0


@dataclass(frozen=True)
class _Destination:
    """The files of a variant, and the role that writes them."""

    bucket: str
    prefix: str
    key_id: str | None
    role_arn: str
    region: str


def record(target: Target, body: bytes, answer: Answer) -> None:
    """Keep the request and the answer, if the endpoint captures them and they are in its sample."""
    config = target.config.get("DataCaptureConfig", {})
    # API reference, DataCaptureConfig: capture is enabled by default
    if not config or not config.get("EnableCapture", True) or not _is_sampled(config):
        return
    if target.role_arn is None:
        _logger.warning("endpoint %s captures nothing: it has no execution role", target.endpoint.endpoint_name)
        return
    name = f"{target.endpoint.endpoint_name}/{target.variant.name}"
    bucket, prefix = locations.parsed(f"{config['DestinationS3Uri'].rstrip('/')}/{name}")
    destination = _Destination(bucket, prefix, config.get("KmsKeyId"), target.role_arn, target.call.region)
    time = clock.utc()
    _keep(destination, time, _line(target, config, body, answer, time))


def flush() -> None:
    """Write what was captured since the last time."""
    global _kept_bytes
    with _writing:
        with _lock:
            kept = dict(_kept)
            _kept.clear()
            _kept_bytes = 0
        for destination, lines in kept.items():
            for hour, of_hour in groupby(lines, key=lambda line: line[0].strftime("%Y/%m/%d/%H")):
                _write(destination, hour, list(of_hour))


def _is_sampled(config: dict[str, Any]) -> bool:
    percentage: int = config["InitialSamplingPercentage"]
    return random.random() * 100 < percentage  # noqa: S311


def _keep(destination: _Destination, time: datetime, line: str) -> None:
    global _kept_bytes
    with _lock:
        _kept.setdefault(destination, []).append((time, line))
        _kept_bytes += len(line)
        is_full = _kept_bytes > MOST_BYTES_KEPT
    if is_full:
        flush()


def _line(target: Target, config: dict[str, Any], body: bytes, answer: Answer, time: datetime) -> str:
    parameters, types = target.call.parameters, config.get("CaptureContentTypeHeader", {})
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    captured = {}
    if modes & {"Input", _BOTH}:
        captured["endpointInput"] = _side("INPUT", parameters.get("ContentType"), body, types)
    if modes & {"Output", _BOTH}:
        captured["endpointOutput"] = _side("OUTPUT", locations.content_type(answer), answer.body, types)
    metadata: dict[str, Any] = {"eventId": identifiers.new(), "inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if "CustomAttributes" in parameters:
        metadata["customAttributes"] = [parameters["CustomAttributes"]]
    if "InferenceId" in parameters:
        metadata["inferenceId"] = parameters["InferenceId"]
    return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})


def _side(mode: str, content_type: str | None, data: bytes, types: dict[str, list[str]]) -> dict[str, str | None]:
    media_type = (content_type or "").split(";")[0].strip()
    encoding = next((name for name, member in _TEXTS.items() if media_type in types.get(member, [])), "BASE64")
    text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode(errors="replace")
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def _write(destination: _Destination, hour: str, lines: list[tuple[datetime, str]]) -> None:
    first = lines[0][0]
    file = f"{first:%M-%S}-{first.microsecond // 1000:03d}-{identifiers.new()}.jsonl"
    session = principals.role_session(destination.role_arn, "SageMaker")
    try:
        clients.client("s3", destination.region, session).put_object(
            Bucket=destination.bucket,
            Key=f"{destination.prefix}/{hour}/{file}",
            Body="".join(f"{line}\n" for _, line in lines).encode(),
            **locations.encryption(destination.key_id),
        )
    except (BotoCoreError, ClientError) as error:
        _logger.warning("%s captured invocations are lost: %s: %s", len(lines), destination, error)
