"""An account with artifacts, a registry and jobs, and the plan of a request whose models come from there."""

import re
from typing import Any

import pytest

from plan_deployment.environment import Services
from plan_deployment.planner import plan
from shared.errors import InvalidRequest
from tests.support import steps
from tests.support.artifacts import archive
from tests.unit.conftest import EXECUTION
from tests.unit.fakes import (
    CREATED_AT,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeIam,
    FakeLocks,
    FakeS3,
    FakeSageMaker,
    FakeScheduler,
    FakeSsm,
    client_error,
)
from tests.unit.plan_deployment.world import SETTINGS

ROLE = "arn:aws:iam::123456789012:role/models"
SKLEARN = {"framework": "sklearn", "version": "1.9-0"}
SKLEARN_URI = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
CHURN = {"artifact": "s3://artifacts/churn/model.tar.gz", "image": SKLEARN}
REGISTRY = "arn:aws:sagemaker:eu-west-1:123456789012"
INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}


class Account(FakeSageMaker):
    """SageMaker with a registry and jobs, as DescribeModelPackage and the jobs' Describe calls describe them."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, dict[str, Any]] = {}
        self.training_jobs: dict[str, dict[str, Any]] = {}
        self.tuning_jobs: dict[str, dict[str, Any]] = {}

    def add_version(self, group: str, number: int, **members: Any) -> str:
        arn = f"{REGISTRY}:model-package/{group}/{number}"
        self.versions[arn] = {
            "ModelPackageArn": arn,
            "ModelPackageGroupName": group,
            "ModelPackageVersion": number,
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": "Approved",
            "CreationTime": CREATED_AT,
        } | members
        return arn

    def add_training_job(self, name: str, image: str = SKLEARN_URI, **members: Any) -> None:
        self.training_jobs[name] = {
            "TrainingJobName": name,
            "TrainingJobArn": f"{REGISTRY}:training-job/{name}",
            "TrainingJobStatus": "Completed",
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://artifacts/{name}/output/model.tar.gz"},
            "RoleArn": ROLE,
        } | members

    def on_describe_model_package(self, parameters: dict[str, Any]) -> Any:
        arn = parameters["ModelPackageName"]
        if arn not in self.versions:
            raise client_error("ValidationException", f"ModelPackage {arn} does not exist.", "DescribeModelPackage")
        return self.versions[arn]

    def on_list_model_packages(self, parameters: dict[str, Any]) -> Any:
        group = parameters["ModelPackageGroupName"].rpartition("/")[2]
        found = [each for each in self.versions.values() if each["ModelPackageGroupName"] == group]
        if not found:
            raise client_error("ValidationException", f"{group} does not exist.", "ListModelPackages")
        status = parameters["ModelApprovalStatus"]
        return {"ModelPackageSummaryList": [each for each in found if each["ModelApprovalStatus"] == status]}

    def on_describe_training_job(self, parameters: dict[str, Any]) -> Any:
        return self._job(self.training_jobs, parameters["TrainingJobName"], "DescribeTrainingJob")

    def on_describe_hyper_parameter_tuning_job(self, parameters: dict[str, Any]) -> Any:
        name = parameters["HyperParameterTuningJobName"]
        return self._job(self.tuning_jobs, name, "DescribeHyperParameterTuningJob")

    def _job(self, jobs: dict[str, dict[str, Any]], name: str, operation: str) -> Any:
        if name not in jobs:
            raise client_error("ResourceNotFound", "Requested resource not found.", operation)
        return jobs[name]


class World:
    """An account, its bucket `artifacts` and the role of its models."""

    def __init__(self) -> None:
        self.sagemaker = Account()
        self.s3 = FakeS3(**{"churn/model.tar.gz": archive()})
        self.iam = FakeIam()
        self.settings = SETTINGS

    def plan(self, models: dict[str, Any], **changes: Any) -> Any:
        """Plan an endpoint with a variant for each model, on `host` or an m5."""
        host = changes.pop("host", INSTANCES)
        variants = [{"VariantName": key, "ModelName": key, **host} for key in models]
        services = Services(
            self.sagemaker,
            FakeAutoScaling(),
            FakeLocks(),
            FakeSsm,
            FakeCloudWatch,
            FakeExecutions,
            lambda: self.s3,
            lambda: self.iam,
            FakeScheduler,
        )
        request = {"endpointName": "e", "productionVariants": variants, "models": models} | changes
        return plan(request, EXECUTION, EXECUTION["startedAt"], services, self.settings)

    def body(self, model: dict[str, Any], **changes: Any) -> Any:
        """The body of CreateModel for one model, without name and tags."""
        (body,) = steps.bodies(self.plan({"m": model}, **changes), "CreateModel")
        return {name: value for name, value in body.items() if name not in ("ModelName", "Tags")}

    def faults(self, models: dict[str, Any], **changes: Any) -> dict[str, str]:
        """Pointer and text of each fault of a request with these models."""
        with pytest.raises(InvalidRequest) as raised:
            self.plan(models, **changes)
        first, *lines = str(raised.value).splitlines()
        assert first == f"The request has {len(lines)} fault{'s' * (len(lines) != 1)}:"
        return dict(re.fullmatch(r"- (\S+): (.*)", line).groups() for line in lines)  # type: ignore[union-attr]
