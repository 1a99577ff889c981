"""Artifacts of models in S3: whether they are there, in the endpoint's Region, and what they should be.

Slipway lists a bucket and reads the first bytes of archives; it reads nothing else.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from botocore.exceptions import ClientError

from plan_deployment.models.findings import Findings, ModelFaultError
from shared.aws import Client, Json, code_of, what_aws_said
from shared.planning.names import digest

# A tar.gz; one file as it is; all files below a prefix, as they are; the archives of a multi-model container.
Kind = Literal["archive", "object", "prefix", "models"]
ARCHIVE: Kind = "archive"
OBJECT: Kind = "object"
PREFIX: Kind = "prefix"
MODELS: Kind = "models"
MOST_OBJECTS = 10_000
# A multi-model container can have any number of archives, which are loaded one by one: the first ones are enough.
SAMPLED_OBJECTS = 1_000
READ_BYTES = 4096
BLOCK_BYTES = 512
CHECKSUM = slice(148, 156)  # in the header of a file in a tar (POSIX ustar)
GZIP = 31  # zlib's window for data with a gzip header
DENIED = frozenset({"403", "AccessDenied"})
# S3 API reference, GetObject: an object in a Glacier storage class that is not restored.
ARCHIVED = "InvalidObjectState"
MISSING = frozenset({"404", "NoSuchBucket"})


@dataclass(frozen=True)
class Artifact:
    """An artifact that a request names or a training job has stored.

    Attributes
    ----------
    pointer : str
        JSON pointer of the field that names it.
    uri : str
        ``s3://bucket/key``, or a prefix that ends in a slash.
    """

    pointer: str
    uri: str
    kind: Kind

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def key(self) -> str:
        """Key of the object, or the prefix."""
        return self.uri.removeprefix("s3://").partition("/")[2]


@dataclass(frozen=True)
class Content:
    """What is in S3.

    Attributes
    ----------
    hash : str
        Another one if the content is another one; for the models of a multi-model container it does not depend on them,
        because they may change while the endpoint runs.
    keys : list of str
        The objects, or the first ones.
    size : int
        Bytes of all objects; for the models of a multi-model container, of the first ones.
    """

    hash: str
    keys: list[str]
    size: int


@dataclass(frozen=True)
class Bucket:
    """A bucket of artifacts, from which a request may deploy.

    Attributes
    ----------
    allowed : tuple of str
        Names of the buckets that the stack may read.
    region : str
        The endpoint's Region.
    """

    s3: Client
    allowed: tuple[str, ...]
    region: str

    def content(self, artifact: Artifact, findings: Findings) -> Content:
        """Return what is in S3.

        Raises
        ------
        ModelFaultError
            If it is missing, empty, in another Region or bucket, or not what it should be.
        """
        self._require_bucket(artifact)
        most = SAMPLED_OBJECTS if artifact.kind == MODELS else MOST_OBJECTS + 1
        objects = list(islice(self._listed(artifact), most))
        if len(objects) > MOST_OBJECTS:
            problem = f"{artifact.uri} has more than {MOST_OBJECTS} objects"
            raise ModelFaultError(artifact.pointer, problem, "Name a narrower prefix")
        if not objects:  # SageMaker refuses an empty prefix, too (aws/sagemaker-python-sdk, pull request 1144)
            problem = f"there is no {artifact.uri}"
            raise ModelFaultError(artifact.pointer, problem, "Upload the artifact, or correct the URI")
        size = sum(each["Size"] for each in objects)
        if size == 0:
            raise ModelFaultError(artifact.pointer, f"{artifact.uri} is empty", "Upload the artifact again")
        if artifact.kind == ARCHIVE:
            self._require_archive(artifact, findings)
        folder = next((each["Key"] for each in objects if artifact.kind == PREFIX and each["Key"].endswith("/")), None)
        if folder:  # SageMaker API reference, S3ModelDataSource, CompressionType
            problem = f"{folder} is an object for a folder, as S3's console creates it, and no model can contain it"
            raise ModelFaultError(artifact.pointer, problem, "Delete this object, and keep the objects below it")
        tags = [] if artifact.kind == MODELS else [[each["Key"], each["ETag"]] for each in objects]
        return Content(digest(tags), [each["Key"] for each in objects], size)

    def _require_bucket(self, artifact: Artifact) -> None:
        name = artifact.bucket
        if name not in self.allowed:
            problem = f"the stack cannot read artifacts in the bucket {name}"
            remedy = "Deploy the stack with the bucket in the parameter ArtifactBuckets, or copy the artifact"
            raise ModelFaultError(artifact.pointer, problem, remedy)
        with _refusals(artifact):
            answer = self.s3.head_bucket(Bucket=name)
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region", self.region)
        if region != self.region:
            problem = f"the bucket {name} is in {region}, and the endpoint is in {self.region}"
            raise ModelFaultError(artifact.pointer, problem, f"Copy the artifact to a bucket in {self.region}")

    def _listed(self, artifact: Artifact) -> Iterator[Json]:
        pages = self.s3.get_paginator("list_objects_v2")
        with _refusals(artifact):
            for page in pages.paginate(Bucket=artifact.bucket, Prefix=artifact.key):
                for each in page.get("Contents", []):
                    if artifact.kind in (PREFIX, MODELS) or each["Key"] == artifact.key:
                        yield each
                if artifact.kind in (ARCHIVE, OBJECT):
                    return  # keys are in order, so the object itself is the first one with this prefix

    def _require_archive(self, artifact: Artifact, findings: Findings) -> None:
        try:
            answer = self.s3.get_object(Bucket=artifact.bucket, Key=artifact.key, Range=f"bytes=0-{READ_BYTES - 1}")
        except ClientError as error:
            if code_of(error) == ARCHIVED:
                problem, remedy = f"{artifact.uri} is in an archive of S3", "Restore it, or copy it"
                raise ModelFaultError(artifact.pointer, problem, remedy) from error
            if code_of(error) not in DENIED:
                raise
            said = what_aws_said(error)
            findings.warnings.append(f"{artifact.pointer}: could not check that {artifact.uri} is a tar.gz: {said}")
            return
        if not is_archive(answer["Body"].read()):
            problem = f"{artifact.uri} is not a tar archive that is compressed by gzip"
            raise ModelFaultError(
                artifact.pointer, problem, "Create it with tar -czf model.tar.gz * in the folder of the model"
            )


def is_archive(beginning: bytes) -> bool:
    """Whether a file that begins with these bytes is a tar that is compressed by gzip."""
    try:
        block = zlib.decompressobj(GZIP).decompress(beginning, BLOCK_BYTES)
    except zlib.error:
        return False
    try:
        checksum = int(block[CHECKSUM].strip(b" \0"), 8)
    except ValueError:
        return False
    # The sum of all bytes of the header, with spaces in place of the sum itself.
    return sum(block) - sum(block[CHECKSUM]) + 8 * ord(" ") == checksum


@contextmanager
def _refusals(artifact: Artifact) -> Iterator[None]:
    """Raise S3's refusals in the block as faults of the artifact."""
    try:
        yield
    except ClientError as error:
        if code_of(error) in MISSING:
            problem, remedy = f"there is no bucket {artifact.bucket}", "Correct the URI"
        elif code_of(error) in DENIED:
            problem = f"the stack cannot read the bucket {artifact.bucket}: {what_aws_said(error).rstrip('.')}"
            remedy = "Allow it in the policy of the bucket"
        else:
            raise
        raise ModelFaultError(artifact.pointer, problem, remedy) from error
