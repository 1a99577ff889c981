"""Endpoints of the local AWS with the real packages of AWS's images, in virtual environments made on first use."""

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import LocalAws, until
from tests.support import project

REGISTRY = "141502667606.dkr.ecr.eu-west-1.amazonaws.com"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.9-0-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.2-0"
# y = a + b, and y = a: enough for the same answer by every release of a version
ADDING = """
from sklearn.linear_model import LinearRegression

def model_fn(model_dir):
    return LinearRegression().fit([[0.0, 0.0], [1.0, 1.0], [2.0, 3.0]], [0.0, 2.0, 5.0])
"""
COPYING = """
import numpy
import xgboost

def model_fn(model_dir):
    rows = numpy.array([[float(each), 1.0] for each in range(8)])
    parameters = {"max_depth": 4, "eta": 1.0, "lambda": 0.0, "min_child_weight": 0.0, "base_score": 0.0}
    return xgboost.train(parameters, xgboost.DMatrix(rows, label=rows[:, 0]), 1)
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """A local AWS that keeps its environments in the repository's folder; with a bucket and a role."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(project.ROOT / ".venv-frameworks"))
        with LocalAws() as running:
            running.client("s3").create_bucket(
                Bucket="models", CreateBucketConfiguration={"LocationConstraint": running.region}
            )
            yield running


@pytest.fixture(scope="module")
def role_arn(aws: LocalAws) -> str:
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["s3:GetObject", "logs:*"], "Resource": "*"}
    role = iam.create_role(RoleName="models", AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName="models", PolicyName="models", PolicyDocument=document(rights))
    return str(role["Role"]["Arn"])


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deploy(aws: LocalAws, role_arn: str, name: str, image: str, **files: str) -> None:
    """Create an endpoint with these files in the folder ``code`` of its archive, and wait until it is in service."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for file, text in files.items():
            member = tarfile.TarInfo(f"code/{file.replace('__', '.')}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    aws.client("s3").put_object(Bucket="models", Key=name, Body=archive.getvalue())
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": image, "ModelDataUrl": f"s3://models/{name}", "Environment": variables}
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role_arn, PrimaryContainer=container)
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    until(lambda: status(aws, name) != "Creating")
    assert status(aws, name) == "InService"


def status(aws: LocalAws, name: str) -> str:
    return str(aws.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"])


def invoke(aws: LocalAws, name: str, body: str, content_type: str, accept: str) -> str:
    answer = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, ContentType=content_type, Accept=accept
    )
    return str(answer["Body"].read().decode())


def test_scikit_learn_predicts_with_the_default_hooks(aws: LocalAws, role_arn: str) -> None:
    deploy(aws, role_arn, "adding", SCIKIT_LEARN, inference__py=ADDING)

    for body, content_type in (("1,2\n3,4\n", "text/csv"), ("[[1, 2], [3, 4]]", "application/json")):
        assert json.loads(invoke(aws, "adding", body, content_type, "application/json")) == pytest.approx([3, 7])
        lines = invoke(aws, "adding", body, content_type, "text/csv").splitlines()
        assert [float(line) for line in lines] == pytest.approx([3, 7])


def test_one_row_of_csv_is_an_error_of_scikit_learn(aws: LocalAws, role_arn: str) -> None:
    """As with AWS's container, whose default input_fn makes an array of one dimension of it."""
    deploy(aws, role_arn, "one-row", SCIKIT_LEARN, inference__py=ADDING)

    with pytest.raises(aws.client("sagemaker-runtime").exceptions.ModelError, match="500 Internal Server Error"):
        invoke(aws, "one-row", "1,2", "text/csv", "text/csv")


def test_xgboost_predicts_with_the_default_hooks(aws: LocalAws, role_arn: str) -> None:
    deploy(aws, role_arn, "copying", XGBOOST, inference__py=COPYING)

    for body, content_type in (("3,1\n5,1", "text/csv"), ("0 0:3 1:1\n0 0:5 1:1\n", "text/libsvm")):
        assert json.loads(invoke(aws, "copying", body, content_type, "application/json")) == pytest.approx([3, 5])


def test_requirements_are_installed(aws: LocalAws, role_arn: str) -> None:
    script = "import tabulate\ndef model_fn(model_dir): return tabulate.tabulate([[1]], tablefmt='plain')\n"
    script += "def transform_fn(model, body, content_type, accept): return model, 'text/plain'\n"
    deploy(aws, role_arn, "requiring", SCIKIT_LEARN, inference__py=script, requirements__txt="tabulate==0.9.0\n")

    assert invoke(aws, "requiring", "", "text/csv", "text/csv") == "1"
