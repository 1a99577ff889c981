"""Training jobs. Nothing is trained: a job completes if its artifact is in S3 when its time ends, otherwise it fails.

`POST /_emulator/sagemaker/outcomes` with ``{"trainingJobName", "operation": "train", "outcome"}`` lets a job fail or
never end.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.core.authorization import account
from local_aws.core.clock import clock
from local_aws.core.operations import Request, lock
from local_aws.sagemaker import model_data, names, outcomes
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.model_data import Location
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.trust import require_assumable

TRAINING_SECONDS = 300.0  # a typical value; AWS publishes none


class ResourceInUseError(ServiceException):
    """The name of a job is taken."""

    code = "ResourceInUse"


class TrainingJob:
    """A training job, as requested; `tuning_arn` is that of the tuning job that started it."""

    def __init__(self, backend: Backend, request: Request, tuning_arn: str | None = None) -> None:
        self.training_job_name: str = request["TrainingJobName"]
        self.arn = names.arn(backend, "training-job", self.training_job_name)
        self.tuning_arn = tuning_arn
        self.request = request
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.status = "InProgress"
        self.failure_reason: str | None = None
        self.creation_time: datetime = clock.utc()
        self.last_modified_time = self.creation_time
        self.end_time: datetime | None = None

    @property
    def artifact(self) -> Location:
        """Where the job puts its model: an archive, or uncompressed (API reference, OutputDataConfig)."""
        output = self.request["OutputDataConfig"]
        folder = f"{output['S3OutputPath'].rstrip('/')}/{self.training_job_name}/output"
        if output.get("CompressionType", "GZIP") == "NONE":
            return Location(f"{folder}/model/", is_prefix=True)
        return Location(f"{folder}/model.tar.gz", is_prefix=False)

    def end(self, failure_reason: str | None) -> None:
        self.status = "Failed" if failure_reason else "Completed"
        self.failure_reason = failure_reason
        self.end_time = self.last_modified_time = clock.utc()

    def describe(self) -> dict[str, Any]:
        described = {member: value for member, value in self.request.items() if member != "Tags"}
        optional: dict[str, Any] = {
            "TuningJobArn": self.tuning_arn,
            "FailureReason": self.failure_reason,
            "TrainingEndTime": self.end_time,
            "ModelArtifacts": {"S3ModelArtifacts": self.artifact.uri} if self.status == "Completed" else None,
        }
        if self.end_time:
            seconds = int((self.end_time - self.creation_time).total_seconds())
            optional |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        return {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            **described,
            **{member: value for member, value in optional.items() if value is not None},
            **self.summary(),
            "TrainingStartTime": self.creation_time,
            "SecondaryStatusTransitions": [{"Status": self.secondary_status, "StartTime": self.last_modified_time}],
        }

    @property
    def secondary_status(self) -> str:
        return "Training" if self.status == "InProgress" else self.status

    def summary(self) -> dict[str, Any]:
        ended = {"TrainingEndTime": self.end_time} if self.end_time else {}
        return {
            "TrainingJobName": self.training_job_name,
            "TrainingJobArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary_status,
            **ended,
        }


def find(backend: Backend, name: str) -> TrainingJob:
    """The training job of that name.

    Raises
    ------
    ValidationError
        If there is none. AWS answers with this error, although the API model has ResourceNotFound.
    """
    found: TrainingJob | None = names.stored(backend, "training-job").get(name.lower())
    if found is None:
        raise ValidationError("Requested resource not found.")
    return found


def start(backend: Backend, job: TrainingJob) -> None:
    """Store the job, and end it after its time."""
    names.stored(backend, "training-job")[job.training_job_name.lower()] = job
    outcome = outcomes.take(job.training_job_name, "train", outcomes.JOB)
    if outcome.outcome != "never_finishes":
        seconds = TRAINING_SECONDS if outcome.after_seconds is None else outcome.after_seconds
        clock.call_later(seconds, partial(_end, job, outcome.outcome))


def _end(job: TrainingJob, outcome: str) -> None:
    with lock:
        job.end(_failure(job, outcome))


def _failure(job: TrainingJob, outcome: str) -> str | None:
    if outcome == "fails":
        return "AlgorithmError: the outcome that was set on the local AWS"
    bucket = account.bucket(job.artifact.bucket)
    if bucket is None or not model_data.keys_of(bucket, job.artifact):
        return f"ClientError: the local AWS trains nothing. Put the artifact at {job.artifact.uri} before the job ends."
    return None


def _create(backend: Backend, request: Request) -> dict[str, Any]:
    job = TrainingJob(backend, request)
    if job.training_job_name.lower() in names.stored(backend, "training-job"):
        raise ResourceInUseError(
            "Training job names must be unique within an AWS account and region, and a training job with this name "
            f"already exists ({job.arn})"
        )
    require_one_algorithm(request)
    require_assumable(request["RoleArn"], job.arn)
    start(backend, job)
    return {"TrainingJobArn": job.arn}


def require_one_algorithm(request: Request) -> None:
    """Check that the algorithm is an image or a name (API reference, AlgorithmSpecification).

    Raises
    ------
    ValidationError
        If it is both or neither.
    """
    algorithm = request.get("AlgorithmSpecification", {})
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        raise ValidationError("Specify exactly one of TrainingImage and AlgorithmName in AlgorithmSpecification.")


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    return find(backend, request["TrainingJobName"]).describe()


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = listed(
        names.stored(backend, "training-job").values(),
        request,
        name_of=lambda job: job.training_job_name,
        status_of=lambda job: job.status,
        default_order="Ascending",
    )
    return {"TrainingJobSummaries": [job.summary() for job in found], **token}


OPERATIONS = {
    "CreateTrainingJob": _create,
    "DescribeTrainingJob": _describe,
    "ListTrainingJobs": _list,
}
