"""Endpoints with real containers, for tests: their archives, their role and their logs."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws
from support.functions import make_role
from support.hosting import Hosting

BUCKET = "serving-models"
ROLE_NAME = "serving-models"
SKLEARN = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
SCRIPT_MODE = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
# Answers with what it gets, its model and its process.
SCRIPT = """
import json, os

def model_fn(model_dir):
    print("loading", flush=True)
    with open(os.path.join(model_dir, "name")) as file:
        return file.read()

def input_fn(body, content_type):
    print("got", body, flush=True)
    return body

def predict_fn(data, model):
    return {"data": data, "model": model, "pid": os.getpid(), "folder": os.environ["SAGEMAKER_BASE_DIR"]}

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


def archive(**files: str) -> bytes:
    """A ``tar.gz`` of these files; ``__`` in a name is a folder: ``code__inference``, with ``.py`` in code."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            path = name.replace("__", "/") + (".py" if name.startswith("code__") else "")
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class Serving:
    """Common steps of tests of containers."""

    hosting: Hosting
    role_arn: str

    def upload(self, key: str, content: bytes) -> str:
        """Upload an object; return its URI."""
        self.hosting.aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    def delete(self, key: str) -> None:
        self.hosting.aws.client("s3").delete_object(Bucket=BUCKET, Key=key)

    def container(self, key: str, *, script: str = SCRIPT, **changes: Any) -> dict[str, Any]:
        """A container definition of the script with a model called like the key, uploaded under it."""
        uri = self.upload(key, archive(code__inference=script, name=key))
        return {"Image": SKLEARN, "ModelDataUrl": uri, "Environment": SCRIPT_MODE, **changes}

    def config(self, name: str, *containers: dict[str, Any], variant: str = "AllTraffic", **changes: Any) -> str:
        """Create a model of the containers and an endpoint config, both of that name."""
        several = {"Containers": list(containers)} if len(containers) > 1 else {"PrimaryContainer": containers[0]}
        model = {"ModelName": name, "ExecutionRoleArn": self.role_arn, **several}
        self.hosting.sagemaker.create_model(**{**model, **changes})
        return self.hosting.config(name, self.hosting.variant(name, variant, InitialInstanceCount=2))

    def endpoint(self, name: str, *containers: dict[str, Any], status: str = "InService", **changes: Any) -> Any:
        """Create an endpoint on the config `<name>-1`; return its description in the expected status."""
        config = self.config(f"{name}-1", *containers, **changes)
        self.hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.hosting.wait(name, status)

    def invoke(self, name: str, body: Any = "hello", **parameters: Any) -> Any:
        """The decoded answer of InvokeEndpoint."""
        runtime = self.hosting.aws.client("sagemaker-runtime")
        return json.load(runtime.invoke_endpoint(EndpointName=name, Body=body, **parameters)["Body"])

    def log(self, name: str) -> dict[str, list[str]]:
        """Messages in the log group of the endpoint, by stream."""
        logs, group = self.hosting.aws.client("logs"), f"/aws/sagemaker/Endpoints/{name}"
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return {
            stream["logStreamName"]: [
                event["message"]
                for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
            ]
            for stream in streams
        }


def make_serving(aws: LocalAws, hosting: Hosting) -> Serving:
    """The bucket of the models, and a role that may read it and write logs."""
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    data = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    return Serving(hosting, make_role(aws, ROLE_NAME, data, logs, service="sagemaker.amazonaws.com"))
