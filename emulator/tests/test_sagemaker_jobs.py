"""Training and tuning jobs: their status over virtual time, and their artifacts."""

from typing import Any

import pytest

from local_aws import until
from support.callers import allow, error_of, make_role
from support.hosting import BUCKET, IMAGE, ROLE_ARN, Hosting, arn, refused

OUTPUT = f"s3://{BUCKET}/jobs"
DEFINITION: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "RoleArn": ROLE_ARN,
    "OutputDataConfig": {"S3OutputPath": OUTPUT},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
TUNING = {
    "Strategy": "Bayesian",
    "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
}


def train(hosting: Hosting, name: str, **changes: Any) -> None:
    hosting.sagemaker.create_training_job(TrainingJobName=name, **{**DEFINITION, **changes})


def ended(hosting: Hosting, name: str) -> dict[str, Any]:
    """The description of a training job that has ended."""

    def described() -> dict[str, Any]:
        answer: dict[str, Any] = hosting.sagemaker.describe_training_job(TrainingJobName=name)
        return answer

    until(lambda: described()["TrainingJobStatus"] != "InProgress")
    return described()


def tune(hosting: Hosting, name: str, **changes: Any) -> None:
    request = {"HyperParameterTuningJobConfig": TUNING, "TrainingJobDefinition": DEFINITION, **changes}
    hosting.sagemaker.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **request)


def tuned(hosting: Hosting, name: str) -> dict[str, Any]:
    """The description of a tuning job that has ended."""

    def described() -> dict[str, Any]:
        answer: dict[str, Any] = hosting.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return answer

    until(lambda: described()["HyperParameterTuningJobStatus"] != "InProgress")
    return described()


def test_a_training_job_with_an_artifact_completes_and_a_model_is_created_from_it(hosting: Hosting) -> None:
    uri = hosting.store("jobs/Trained/output/model.tar.gz")
    with hosting.standing_still():
        train(hosting, "Trained", HyperParameters={"sagemaker_program": "train.py"})
        running = hosting.sagemaker.describe_training_job(TrainingJobName="Trained")

    described = ended(hosting, "Trained")

    assert (running["TrainingJobStatus"], running["SecondaryStatus"]) == ("InProgress", "Training")
    assert "ModelArtifacts" not in running
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Completed", "Completed")
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    assert described["TrainingJobArn"] == arn("training-job/trained")
    assert described["TrainingTimeInSeconds"] == 300
    assert described["RoleArn"] == ROLE_ARN
    assert described["HyperParameters"] == {"sagemaker_program": "train.py"}
    hosting.model("trained", PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri})


def test_a_training_job_without_an_artifact_fails_and_says_where_to_put_it(hosting: Hosting) -> None:
    train(hosting, "artless")

    described = ended(hosting, "artless")

    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"] == (
        f"ClientError: the local AWS trains nothing. Put the artifact at {OUTPUT}/artless/output/model.tar.gz before "
        "the job ends."
    )


def test_an_uncompressed_artifact_is_a_prefix(hosting: Hosting) -> None:
    hosting.store("jobs/uncompressed/output/model/weights")
    train(hosting, "uncompressed", OutputDataConfig={"S3OutputPath": f"{OUTPUT}/", "CompressionType": "NONE"})

    artifacts = ended(hosting, "uncompressed")["ModelArtifacts"]

    assert artifacts == {"S3ModelArtifacts": f"{OUTPUT}/uncompressed/output/model/"}


@pytest.mark.parametrize(("outcome", "status"), [("fails", "Failed"), ("never_finishes", "InProgress")])
def test_the_outcome_of_a_training_job_can_be_set(hosting: Hosting, outcome: str, status: str) -> None:
    name = f"job-{outcome}".replace("_", "-")
    hosting.store(f"jobs/{name}/output/model.tar.gz")
    scripted = {"trainingJobName": name, "operation": "train", "outcome": outcome}
    assert hosting.aws.post("sagemaker/outcomes", [scripted]) == [scripted]

    train(hosting, name)
    train(hosting, f"after-{name}")
    ended(hosting, f"after-{name}")

    assert hosting.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == status


def test_jobs_are_listed_by_status_in_the_order_of_their_creation(hosting: Hosting) -> None:
    for name in ("listed-job-1", "listed-job-2"):
        train(hosting, name)
        ended(hosting, name)

    failed = hosting.sagemaker.list_training_jobs(NameContains="listed-job", StatusEquals="Failed")
    newest = hosting.sagemaker.list_training_jobs(NameContains="listed-job", SortOrder="Descending", MaxResults=1)

    names = [job["TrainingJobName"] for job in failed["TrainingJobSummaries"]]
    assert names == ["listed-job-1", "listed-job-2"]
    assert [job["TrainingJobName"] for job in newest["TrainingJobSummaries"]] == ["listed-job-2"]


def test_requests_for_training_that_aws_refuses_are_refused(hosting: Hosting) -> None:
    train(hosting, "taken-job")

    message = (
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        f"already exists ({arn('training-job/taken-job')})"
    )
    with refused("ResourceInUse", message):
        train(hosting, "taken-job")
    with refused("ValidationException", "Requested resource not found."):
        hosting.sagemaker.describe_training_job(TrainingJobName="no-such")
    with refused(
        "ValidationException", "Specify exactly one of TrainingImage and AlgorithmName in AlgorithmSpecification."
    ):
        train(hosting, "no-algorithm", AlgorithmSpecification={"TrainingInputMode": "File"})
    with refused("ResourceNotFound", "Amazon SageMaker can't find a tuning job with the name no-such."):
        hosting.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="no-such")


def test_the_best_training_job_of_a_tuning_job_is_one_that_completed(hosting: Hosting) -> None:
    with hosting.standing_still():
        tune(hosting, "tuned")
        running = hosting.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuned")
        jobs = hosting.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuned")
        first, second = (job["TrainingJobName"] for job in jobs["TrainingJobSummaries"])
        hosting.store(f"jobs/{second}/output/model.tar.gz")

    described = tuned(hosting, "tuned")

    assert running["HyperParameterTuningJobStatus"] == "InProgress"
    assert "BestTrainingJob" not in running
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["BestTrainingJob"]["TrainingJobName"] == second
    assert "OverallBestTrainingJob" not in described
    assert described["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert first.startswith("tuned-001-")
    best = hosting.sagemaker.describe_training_job(TrainingJobName=second)
    assert best["TuningJobArn"] == arn("hyper-parameter-tuning-job/tuned")


def test_a_tuning_job_whose_training_jobs_all_fail_has_failed_and_has_no_best_one(hosting: Hosting) -> None:
    tune(hosting, "untuned")

    described = tuned(hosting, "untuned")

    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("No training job succeeded after 2 attempts. ")
    assert "BestTrainingJob" not in described


def test_jobs_are_described_and_created_with_permissions_on_them(hosting: Hosting) -> None:
    train(hosting, "permitted-job")
    own, passing = allow("sagemaker:*TrainingJob", arn("training-job/permitted-*")), allow("iam:PassRole", ROLE_ARN)
    caller = make_role(hosting.aws, own)
    request = {"TrainingJobName": "permitted-other", **DEFINITION}

    described = caller.client("sagemaker").describe_training_job(TrainingJobName="permitted-job")
    elsewhere = error_of(caller.client("sagemaker").describe_training_job, TrainingJobName="other-job")
    unpassed = error_of(caller.client("sagemaker").create_training_job, **request)
    make_role(hosting.aws, own, passing).client("sagemaker").create_training_job(**request)

    assert described["TrainingJobName"] == "permitted-job"
    assert f"sagemaker:DescribeTrainingJob on resource: {arn('training-job/other-job')}" in elsewhere[1]
    assert f"iam:PassRole on resource: {ROLE_ARN}" in unpassed[1]


def test_tags_of_jobs_are_listed(hosting: Hosting) -> None:
    tags = [{"Key": "team", "Value": "fraud"}]
    train(hosting, "tagged-job", Tags=tags)

    assert hosting.sagemaker.list_tags(ResourceArn=arn("training-job/tagged-job"))["Tags"] == tags
