"""Packages and jobs on the local AWS, as a user makes them."""

from typing import Any

from local_aws import LocalAws, until
from tests.support.artifacts import archive

IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
TUNING = {
    "Strategy": "Bayesian",
    "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
}


def add_version(aws: LocalAws, group: str, status: str = "Approved") -> str:
    """Register another version of a package and return its ARN; the group is created with the first."""
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_package_groups").paginate()
    if group not in {each["ModelPackageGroupName"] for page in pages for each in page["ModelPackageGroupSummaryList"]}:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    return str(
        sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/approved:latest"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
    )


def definition(bucket: str, role_arn: str, **changes: Any) -> dict[str, Any]:
    """Definition of a training job that stores its model in the bucket."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": role_arn,
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/jobs"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **changes,
    }


def train(aws: LocalAws, bucket: str, name: str, role_arn: str, **changes: Any) -> None:
    """Run a training job to its end; it stores a model."""
    sagemaker = aws.client("sagemaker")
    _store(aws, bucket, name)
    sagemaker.create_training_job(TrainingJobName=name, **definition(bucket, role_arn, **changes))
    until(lambda: sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] != "InProgress")


def tune(aws: LocalAws, bucket: str, name: str, role_arn: str) -> None:
    """Run a tuning job to its end; its training jobs store models."""
    sagemaker = aws.client("sagemaker")
    aws.post("clock", {"mode": "real"})
    try:
        sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name,
            HyperParameterTuningJobConfig=TUNING,
            TrainingJobDefinition=definition(bucket, role_arn),
        )
        jobs = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        for job in jobs["TrainingJobSummaries"]:
            _store(aws, bucket, job["TrainingJobName"])
    finally:
        aws.post("clock", {"mode": "virtual"})
    described = sagemaker.describe_hyper_parameter_tuning_job
    until(lambda: described(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"] != "InProgress")


def _store(aws: LocalAws, bucket: str, job: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=f"jobs/{job}/output/model.tar.gz", Body=archive())
