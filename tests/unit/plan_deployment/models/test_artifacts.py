import gzip
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plan_deployment.models import artifacts
from plan_deployment.models.artifacts import Artifact, Bucket, is_archive
from plan_deployment.models.findings import Findings, ModelFaultError
from tests.support.artifacts import archive
from tests.unit.fakes import FakeS3, client_error
from tests.unit.plan_deployment.models.world import CHURN, World

URI = "s3://artifacts/churn/model.tar.gz"
PREFIX = Artifact("/p", "s3://artifacts/big/", artifacts.PREFIX)


def bucket(s3: FakeS3, region: str = "eu-west-1") -> Bucket:
    return Bucket(s3, ("artifacts",), region)


def refused(s3: FakeS3, artifact: Artifact) -> str:
    with pytest.raises(ModelFaultError) as raised:
        bucket(s3).content(artifact, Findings())
    return str(raised.value.fault)


def named(uri: str = URI) -> Artifact:
    return Artifact("/p", uri, artifacts.ARCHIVE)


def test_only_the_bucket_is_listed_and_the_beginning_of_the_archive_is_read() -> None:
    world = World()
    world.plan({"m": CHURN})

    assert [operation for operation, _ in world.s3.calls] == ["HeadBucket", "ListObjectsV2", "GetObject"]


def test_a_missing_artifact_is_refused() -> None:
    s3 = FakeS3(**{"churn/model.tar.gz.old": archive()})

    assert refused(s3, named()) == f"/p: there is no {URI}. Upload the artifact, or correct the URI."


def test_an_artifact_in_an_archive_of_s3_is_refused() -> None:
    s3 = FakeS3(**{"churn/model.tar.gz": archive()})
    s3.errors["GetObject"] = client_error("InvalidObjectState", "not valid for the storage class", "GetObject")

    assert refused(s3, named()) == f"/p: {URI} is in an archive of S3. Restore it, or copy it."


def test_a_multi_model_container_can_have_any_number_of_models() -> None:
    s3 = FakeS3(**{f"models/{number}.tar.gz": b"x" for number in range(artifacts.MOST_OBJECTS + 1)})
    models = Artifact("/p", "s3://artifacts/models/", artifacts.MODELS)

    assert len(bucket(s3).content(models, Findings()).keys) == artifacts.SAMPLED_OBJECTS


def test_an_empty_artifact_is_refused() -> None:
    assert "is empty" in refused(FakeS3(**{"churn/model.tar.gz": b""}), named())


@pytest.mark.parametrize(
    "content", [b"text", gzip.compress(b"text", mtime=0), gzip.compress(b"x" * 600, mtime=0), b"\x1f\x8b"]
)
def test_what_is_no_tar_gz_is_refused(content: bytes) -> None:
    assert refused(FakeS3(**{"churn/model.tar.gz": content}), named()) == (
        f"/p: {URI} is not a tar archive that is compressed by gzip. Create it with tar -czf model.tar.gz * in "
        "the folder of the model."
    )


def test_an_archive_of_the_tar_command_is_one(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"w" * 100_000)
    packed = tmp_path / "model.tar.gz"
    for options in ([], ["--format=v7"], ["--format=pax"]):
        subprocess.run(["tar", *options, "-czf", packed, "-C", tmp_path, "model.bin"], check=True)

        assert is_archive(packed.read_bytes()[: artifacts.READ_BYTES])


def test_a_bucket_that_the_stack_may_not_read_is_refused_without_a_call() -> None:
    s3 = FakeS3()

    text = refused(s3, named("s3://elsewhere/model.tar.gz"))

    assert text == (
        "/p: the stack cannot read artifacts in the bucket elsewhere. Deploy the stack with the bucket in the "
        "parameter ArtifactBuckets, or copy the artifact."
    )
    assert s3.calls == []


def test_an_artifact_in_another_region_is_refused() -> None:
    s3 = FakeS3(**{"churn/model.tar.gz": archive()})
    s3.region = "us-east-1"

    assert refused(s3, named()) == (
        "/p: the bucket artifacts is in us-east-1, and the endpoint is in eu-west-1. "
        "Copy the artifact to a bucket in eu-west-1."
    )


@pytest.mark.parametrize(
    ("code", "text"), [("404", "there is no bucket artifacts"), ("403", "the stack cannot read the bucket artifacts")]
)
def test_a_bucket_that_cannot_be_read_is_a_fault(code: str, text: str) -> None:
    s3 = FakeS3()
    s3.errors["HeadBucket"] = client_error(code, "", "HeadBucket")

    assert text in refused(s3, named())


def test_an_archive_that_cannot_be_read_is_a_warning() -> None:
    s3 = FakeS3(**{"churn/model.tar.gz": archive()})
    s3.errors["GetObject"] = client_error("AccessDenied", "kms:Decrypt", "GetObject")
    findings = Findings()

    content = bucket(s3).content(named(), findings)

    assert content.keys == ["churn/model.tar.gz"]
    assert findings.warnings == [f"/p: could not check that {URI} is a tar.gz: GetObject: AccessDenied: kms:Decrypt"]


def test_the_content_of_a_prefix_is_that_of_all_its_objects() -> None:
    s3 = FakeS3(**{"big/a": b"1", "big/b": b"2", "bigger": b"3"})
    before = bucket(s3).content(PREFIX, Findings())
    s3.objects["big/b"] = b"other"

    after = bucket(s3).content(PREFIX, Findings())

    assert (before.keys, before.size) == (["big/a", "big/b"], 2)
    assert after.hash != before.hash


def test_the_object_of_a_folder_is_refused() -> None:
    text = refused(FakeS3(**{"big/": b"", "big/a": b"1"}), PREFIX)

    assert text.startswith("/p: big/ is an object for a folder, as S3's console creates it")


def test_more_objects_than_can_be_listed_in_time_are_refused() -> None:
    class Full(FakeS3):
        def get_paginator(self, method: str) -> Any:
            class Pages:
                def paginate(self, **parameters: Any) -> Iterator[Any]:
                    while True:
                        yield {"Contents": [{"Key": "big/a", "Size": 1, "ETag": "e"}] * 1000}

            return Pages()

    assert "has more than 10000 objects" in refused(Full(), PREFIX)


def test_an_uncompressed_object_is_not_read() -> None:
    s3 = FakeS3(**{"model.bin": b"w"})

    bucket(s3).content(replace(named("s3://artifacts/model.bin"), kind=artifacts.OBJECT), Findings())

    assert "GetObject" not in [operation for operation, _ in s3.calls]
