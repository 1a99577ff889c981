"""Model data: downloaded from S3 with the rights of the model's role, and extracted."""

from __future__ import annotations

import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import ClientError

from local_aws.core import clients, principals
from local_aws.sagemaker.serving.definitions import Data

SESSION = "SageMaker"  # session name of the model's role


class ArtifactError(Exception):
    """Model data that cannot be used; the message is SageMaker's FailureReason."""


class ArchiveError(Exception):
    """An archive that SageMaker does not extract."""


class Downloader:
    """Reads S3 as the model's role; without a role as an administrator."""

    def __init__(self, region: str, role_arn: str | None) -> None:
        credentials = [principals.role_session(role_arn, SESSION)] if role_arn else []
        self._s3 = clients.client("s3", region, *credentials)

    def download(self, data: Data, folder: Path, position: int) -> None:
        """Download the data of the container at `position` into `folder`, and extract an archive.

        Raises
        ------
        ArtifactError
            If an object is missing, the role must not read it, or it is not a ``tar.gz`` without links.
        """
        folder.mkdir(parents=True)
        bucket, key = split(data.uri)
        try:
            for name, content in self._objects(bucket, key, data.kind):
                if data.kind == "tar.gz":
                    extract(content, folder)
                else:
                    _write(folder, name, content)
        except ClientError as error:
            # the wording: github.com/aws-solutions-library-samples/fraud-detection-using-machine-learning/issues/9
            raise ArtifactError(
                f'Failed to download model data for container "container_{position}" from URL: "{data.uri}". Please '
                "ensure that there is an object located at the URL and that the role passed to CreateModel has "
                "permissions to download the object."
            ) from error
        except ArchiveError as error:
            # the wording: github.com/aws/deep-learning-containers/pull/569
            raise ArtifactError(
                f'Failed to extract model data archive for container "container_{position}" from URL "{data.uri}". '
                "Please ensure that the object located at the URL is a valid tar.gz archive."
            ) from error

    def read(self, bucket: str, key: str) -> bytes:
        """The content of an object; raises botocore's ClientError."""
        content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def _objects(self, bucket: str, key: str, kind: str) -> Iterator[tuple[str, bytes]]:
        if kind != "prefix":
            yield key.rsplit("/", 1)[-1], self.read(bucket, key)
            return
        page = {"ContinuationToken": ""}
        while page:
            token = {name: value for name, value in page.items() if value}
            listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=key, **token)
            for each in listed.get("Contents", []):
                yield each["Key"].removeprefix(key), self.read(bucket, each["Key"])
            page = {"ContinuationToken": listed["NextContinuationToken"]} if listed["IsTruncated"] else {}


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def extract(archive: bytes, folder: Path) -> None:
    """Extract a ``tar.gz`` into `folder`, and nothing outside of it.

    Raises
    ------
    ArchiveError
        If it is not such an archive, or has links: SageMaker does not extract them.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                _extract(tar, member, folder)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ArchiveError(str(error)) from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    # without tarfile's filters, which Python 3.11 has since 3.11.4
    place = _below(folder, member.name.lstrip("/"))
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise ArchiveError(f"{member.name} is neither a file nor a folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        shutil.copyfileobj(content, file)
    place.chmod(0o755 if member.mode & 0o100 else 0o644)


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a file below `folder`. An object that only stands for a folder cannot be one."""
    if name.endswith("/"):
        raise ArchiveError(f"{name} is not a file of the model")
    file = _below(folder, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _below(folder: Path, name: str) -> Path:
    """The path of `name` in `folder`; names in archives and keys of objects can be any text."""
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise ArchiveError(f"{name} is outside of the model")
    return place
