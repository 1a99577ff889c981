"""The example examples/iris: train a version of its model, package it, upload it, and complete its payload."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_aws import LocalAws
from slipway.packaging import FRAMEWORKS, Package, Sample, Source, build
from slipway.packaging.package import Trying
from slipway.packaging.payload import DOCUMENTATION_BUCKET
from tools.stack import ROOT

FOLDER = ROOT / "examples" / "iris"
CAPTURES = "captures/iris"
FLOWER = {"instances": [[5.1, 3.5, 1.4, 0.2]]}


@dataclass(frozen=True)
class Version:
    """A version of the model.

    Attributes
    ----------
    payload : Path
        The payload that deploys it, relative to the repository.
    options : sequence of str
        Options of train.py.
    """

    payload: Path
    options: Sequence[str] = ()

    def request(self, bucket: str) -> dict[str, Any]:
        """The payload with `bucket` instead of the one of AWS's documentation."""
        text = (ROOT / self.payload).read_text()
        request: dict[str, Any] = json.loads(text.replace(f"s3://{DOCUMENTATION_BUCKET}/", f"s3://{bucket}/"))
        return request


FIRST = Version(Path("examples/iris/payload.json"))
WORSE = Version(Path("examples/iris/payload-worse.json"), ("--rows", "100"))
BETTER = Version(Path("examples/iris/payload-better.json"), ("--steps", "600"))


@dataclass(frozen=True)
class Uploaded:
    """A version that can be deployed.

    Attributes
    ----------
    training : str
        What train.py printed: the accuracy.
    uri : str
        S3 URI of the archive.
    request : dict
        The request that deploys the version.
    """

    training: str
    package: Package
    uri: str
    request: dict[str, Any]


def upload(aws: LocalAws, bucket: str, version: Version) -> Uploaded:
    """Train a version, package it, try it on the sample, and upload it to where its payload expects it.

    Raises
    ------
    subprocess.CalledProcessError
        If the training fails.
    PackagingError
        If the model does not answer the sample.
    """
    request = version.request(bucket)
    uri = str(request["models"]["iris"]["artifact"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        training = train(version, folder / "model")
        package = packaged(folder / "model", folder / "model.tar.gz")
        key = urlsplit(uri).path.lstrip("/")
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=package.path.read_bytes())
    return Uploaded(training, package, uri, request)


def train(version: Version, folder: Path) -> str:
    """Train a version into `folder` and return what train.py prints."""
    command = [sys.executable, str(FOLDER / "train.py"), str(folder), *version.options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def packaged(model: Path, target: Path) -> Package:
    """Package a trained model and try it on the sample."""
    framework = FRAMEWORKS["sklearn"]
    source = Source(model, FOLDER / "code", framework, framework.version)
    sample = FOLDER / "sample.json"
    return build(source, target, Trying(Sample(sample, Sample.content_type_of(sample))))


def predict(aws: LocalAws, endpoint: str) -> str:
    """Answer of the endpoint to one setosa flower."""
    answer = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(FLOWER)
    )
    return str(answer["Body"].read().decode())


@dataclass(frozen=True)
class Captured:
    """A request and its answer that data capture wrote to S3."""

    request: str
    answer: str


def captured(aws: LocalAws, bucket: str, endpoint: str) -> list[Captured]:
    """Requests to the endpoint that are captured in the bucket, in their order."""
    s3 = aws.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{CAPTURES}/{endpoint}/").get("Contents", [])
    bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode() for each in listed]
    data = [json.loads(line)["captureData"] for body in bodies for line in body.splitlines()]
    return [Captured(each["endpointInput"]["data"], each["endpointOutput"]["data"]) for each in data]
