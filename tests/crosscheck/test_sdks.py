"""AWS's own Python SDKs for SageMaker deploy a model on the local AWS, call it and delete everything."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws, until
from tests.support import project
from tests.support.roles import make_role
from tools import environment

FOLDER = Path(__file__).parent
IRIS = project.ROOT / "examples" / "iris"
BUCKET = "models-of-the-sdks"
GIVE_UP_SECONDS = 180
SCRIPT_MODE = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        running.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": running.region}
        )
        yield running


@pytest.fixture(scope="module")
def role(aws: LocalAws) -> str:
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    writes = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    return make_role(aws.client("iam"), "models-of-the-sdks", {"Service": "sagemaker.amazonaws.com"}, reads, writes)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the trained model of the example."""
    folder = tmp_path_factory.mktemp("iris")
    subprocess.run([sys.executable, IRIS / "train.py", folder], check=True, capture_output=True)
    return folder


def uploaded(aws: LocalAws, name: str, model: Path, **more: Path) -> str:
    """Upload an archive of the model and of further files, by their folder in the archive; return its address."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(model, arcname=".")
        for folder, file in more.items():
            archive.add(file, arcname=f"{folder}/{file.name}")
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=buffer.getvalue())
    return f"s3://{BUCKET}/{name}/model.tar.gz"


def run(aws: LocalAws, version: str, **given: Any) -> dict[str, Any]:
    """Run the program with this version of the SDK in an environment of its own; return its answers."""
    python = environment.set_up(
        project.ROOT / f".venv-sdk-{version}", project.ROOT / "requirements" / f"sdk-{version}.txt"
    )
    done = subprocess.run(
        [python, FOLDER / f"sdk_{version}.py"],
        input=json.dumps({**given, "json": {"instances": [SETOSA, VIRGINICA]}, "csv": [SETOSA, VIRGINICA]}),
        capture_output=True,
        text=True,
        check=False,
        env=aws.environment | {"SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
        timeout=GIVE_UP_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def assert_answered_and_deleted(aws: LocalAws, answers: dict[str, Any]) -> None:
    sagemaker = aws.client("sagemaker")
    assert [each["predicted_class"] for each in answers["json"]["predictions"]] == ["setosa", "virginica"]
    assert answers["csv"] == [["setosa"], ["virginica"]]
    assert answers["refused"] == "ModelError"
    until(lambda: sagemaker.list_endpoints()["Endpoints"] == [])
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert sagemaker.list_models()["Models"] == []


def test_version_2_packs_the_script_deploys_predicts_and_deletes(aws: LocalAws, role: str, model: Path) -> None:
    script = str(IRIS / "code" / "inference.py")

    answers = run(aws, "v2", modelData=uploaded(aws, "v2", model), bucket=BUCKET, script=script, role=role)

    assert_answered_and_deleted(aws, answers)


def test_the_core_of_version_3_deploys_invokes_and_deletes(aws: LocalAws, role: str, model: Path) -> None:
    archive = uploaded(aws, "v3", model, code=IRIS / "code" / "inference.py")

    answers = run(aws, "v3", modelData=archive, image=IMAGE, environment=SCRIPT_MODE, role=role)

    assert_answered_and_deleted(aws, answers)
