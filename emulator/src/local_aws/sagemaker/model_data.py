"""Model data in S3: CreateModel refuses data that does not exist or that the model's execution role cannot read.

The messages are AWS's, as users report them (philschmid/llm-sagemaker-sample issue 2, terraform-provider-aws logs).
That an empty prefix is refused, too, is in aws/sagemaker-python-sdk pull request 1144.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.s3.models import FakeDeleteMarker

from local_aws.core import gateway, partition, principals
from local_aws.core.authorization import account
from local_aws.core.errors import AccessDenied, NotModelledError
from local_aws.core.principals import Principal
from local_aws.sagemaker.names import Backend, ValidationError

Container = dict[str, Any]

_S3_URI = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
_NOT_MODELLED = ("HubAccessConfig", "ManifestS3Uri")


@dataclass(frozen=True)
class Location:
    """One object in S3, or all objects whose keys have a prefix."""

    uri: str
    is_prefix: bool

    @property
    def bucket(self) -> str:
        return self._parts[0]

    @property
    def key(self) -> str:
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str]:
        found = _S3_URI.fullmatch(self.uri)
        if found is None:
            raise NotModelledError(f"model data at an https address ({self.uri})")
        return found[1], found[2]


def locations(container: Container) -> Iterator[Location]:
    """Where the model data of a container are.

    Raises
    ------
    ValidationError
        If members of a ModelDataSource contradict each other.
    """
    if "ModelDataUrl" in container:
        yield Location(container["ModelDataUrl"], is_prefix=container.get("Mode") == "MultiModel")
    sources = [container["ModelDataSource"]] if "ModelDataSource" in container else []
    for source in (*sources, *container.get("AdditionalModelDataSources", ())):
        if "S3DataSource" in source:
            yield _location(source["S3DataSource"])


def _location(source: dict[str, Any]) -> Location:
    """The location of an S3ModelDataSource (API reference, S3ModelDataSource)."""
    for member in _NOT_MODELLED:
        if member in source:
            raise NotModelledError(f"{member} of model data")
    uri, is_prefix = source["S3Uri"], source["S3DataType"] == "S3Prefix"
    if is_prefix and not uri.endswith("/"):
        raise ValidationError(f"S3Uri {uri} of S3DataType S3Prefix must end with a forward slash (/).")
    if is_prefix and source["CompressionType"] == "Gzip":
        raise ValidationError("CompressionType Gzip is only supported for S3DataType S3Object.")
    return Location(uri, is_prefix)


def require_readable(backend: Backend, role_arn: str | None, location: Location) -> None:
    """Check that the data exist in the Region of `backend` and that the role can read them.

    Raises
    ------
    ValidationError
        If not. S3 says that an object is missing only to those who can list the bucket.
    """
    if role_arn is None:
        raise ValidationError(f"ExecutionRoleArn is required to access model data at {location.uri}.")
    bucket = account.bucket(location.bucket)
    if bucket is None:
        raise _missing(location)
    reader = principals.role(role_arn, "SageMaker")
    try:
        keys = _listed(reader, bucket, location) if location.is_prefix else _named(reader, bucket, location)
        for key in keys[:1]:
            _authorize_reading(reader, location.bucket, key)
    except AccessDenied as denied:
        raise _unreadable(backend, role_arn, location) from denied
    if bucket.region_name != backend.region_name:
        raise _unreadable(backend, role_arn, location)
    if not keys:
        raise _missing(location)


def keys_of(bucket: Any, location: Location) -> list[str]:
    """Keys of the objects at a location of the bucket, without those whose current version is a delete marker."""
    keys = [key for key, current in bucket.keys.items() if not isinstance(current, FakeDeleteMarker)]
    return [key for key in keys if (key.startswith(location.key) if location.is_prefix else key == location.key)]


def _listed(reader: Principal, bucket: Any, location: Location) -> list[str]:
    gateway.authorize(reader, "s3:ListBucket", [_arn(location.bucket)], {"s3:prefix": location.key})
    return keys_of(bucket, location)


def _named(reader: Principal, bucket: Any, location: Location) -> list[str]:
    keys = keys_of(bucket, location)
    if not keys:
        gateway.authorize(reader, "s3:GetObject", [f"{_arn(location.bucket)}/{location.key}"])
        gateway.authorize(reader, "s3:ListBucket", [_arn(location.bucket)], {"s3:prefix": []})
    return keys


def _authorize_reading(reader: Principal, bucket: str, key: str) -> None:
    arn = f"{_arn(bucket)}/{key}"
    gateway.authorize(reader, "s3:GetObject", [arn])
    encryption_key = account.object_key(bucket, key)
    if encryption_key:
        call = gateway.current()
        context = {
            "kms:ViaService": f"s3.{call.region}.{partition.DNS_SUFFIX}",
            "kms:EncryptionContextKeys": ["aws:s3:arn"],
            "kms:EncryptionContext:aws:s3:arn": arn,
        }
        gateway.authorize(
            reader, "kms:Decrypt", [account.key_arn(encryption_key, call.region, call.account_id)], context
        )


def _arn(bucket: str) -> str:
    return f"arn:{partition.NAME}:s3:::{bucket}"


def _missing(location: Location) -> ValidationError:
    return ValidationError(f"Could not find model data at {location.uri}.")


def _unreadable(backend: Backend, role_arn: str, location: Location) -> ValidationError:
    return ValidationError(
        f'Could not access model data at {location.uri}. Please ensure that the role "{role_arn}" exists and that its '
        'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
        '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object is '
        f"located in {backend.region_name}. If your Model uses multiple models or uncompressed models, please ensure "
        'that the role has "s3:ListBucket" permission.'
    )
