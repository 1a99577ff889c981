"""Objects in S3 that the runtime reads and writes."""

from __future__ import annotations

from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.sagemaker.serving import Answer, artifacts

DEFAULT_CONTENT_TYPE = "application/octet-stream"


def parsed(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` URI.

    Raises
    ------
    NotModelledError
        If it is an ``https://`` URI.
    """
    if not uri.startswith("s3://"):
        raise NotModelledError(f"the location {uri}: use an s3:// URI")
    return artifacts.split(uri)


def encryption(key_id: str | None) -> dict[str, Any]:
    """Arguments of PutObject for an object that is encrypted with this key."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}


def content_type(answer: Answer) -> str | None:
    """The content type of a container's answer."""
    return next((value for name, value in answer.headers.items() if name.lower() == "content-type"), None)
