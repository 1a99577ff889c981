"""Hyperparameter tuning jobs: they start their training jobs at once, and end when the last of these has ended.

Nothing is trained, so the objective metrics are invented: the first training job that completed is the best one.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import names, training
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.training import ResourceInUseError, TrainingJob
from local_aws.sagemaker.trust import require_assumable

_COUNTERS = {"Completed": "Completed", "InProgress": "InProgress", "Failed": "NonRetryableError"}
_OBJECTIVES = {"Completed": "Succeeded", "InProgress": "Pending", "Failed": "Failed"}


class ResourceNotFoundError(ServiceException):
    """A tuning job that does not exist."""

    code = "ResourceNotFound"


class TuningJob:
    """A tuning job, as requested, with its training jobs."""

    def __init__(self, backend: Backend, request: Request) -> None:
        self.hyper_parameter_tuning_job_name: str = request["HyperParameterTuningJobName"]
        self.arn = names.arn(backend, "hyper-parameter-tuning-job", self.hyper_parameter_tuning_job_name)
        self.request = request
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.creation_time: datetime = clock.utc()
        self.jobs = [TrainingJob(backend, each, self.arn) for each in _training_requests(request)]

    @property
    def status(self) -> str:
        statuses = {job.status for job in self.jobs}
        if "InProgress" in statuses:
            return "InProgress"
        return "Completed" if "Completed" in statuses else "Failed"

    @property
    def last_modified_time(self) -> datetime:
        return max(job.last_modified_time for job in self.jobs)

    @property
    def best(self) -> TrainingJob | None:
        """The best training job so far."""
        return next((job for job in self.jobs if job.status == "Completed"), None)

    def describe(self) -> dict[str, Any]:
        described = {member: value for member, value in self.request.items() if member != "Tags"}
        optional: dict[str, Any] = {}
        if self.best:
            optional["BestTrainingJob"] = self.training_summary(self.best)
        if self.best and "WarmStartConfig" in self.request:
            optional["OverallBestTrainingJob"] = self.training_summary(self.best)
        if self.status == "Failed":
            optional["FailureReason"] = (
                f"No training job succeeded after {len(self.jobs)} attempts. For additional details, please take a "
                "look at the training job failures by listing training jobs for the hyperparameter tuning job."
            )
        summary = self.summary()
        del summary["Strategy"], summary["ResourceLimits"]
        return {**described, **summary, **optional}

    def summary(self) -> dict[str, Any]:
        config = self.request["HyperParameterTuningJobConfig"]
        ended = {} if self.status == "InProgress" else {"HyperParameterTuningEndTime": self.last_modified_time}
        return {
            "HyperParameterTuningJobName": self.hyper_parameter_tuning_job_name,
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "Strategy": config["Strategy"],
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "TrainingJobStatusCounters": self._counted(_COUNTERS),
            "ObjectiveStatusCounters": self._counted(_OBJECTIVES),
            "ResourceLimits": config["ResourceLimits"],
            **ended,
        }

    def _counted(self, counters: dict[str, str]) -> dict[str, int]:
        return {name: sum(job.status == status for job in self.jobs) for status, name in counters.items()}

    def training_summary(self, job: TrainingJob) -> dict[str, Any]:
        optional: dict[str, Any] = {}
        if job.failure_reason:
            optional["FailureReason"] = job.failure_reason
        objective = _objective(self.request)
        if job.status == "Completed" and objective:
            optional["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": 1.0}
        if job.end_time:
            optional["TrainingEndTime"] = job.end_time
        return {
            "TrainingJobName": job.training_job_name,
            "TrainingJobArn": job.arn,
            "CreationTime": job.creation_time,
            "TrainingStartTime": job.creation_time,
            "TrainingJobStatus": job.status,
            "TunedHyperParameters": {},
            "ObjectiveStatus": _OBJECTIVES[job.status],
            **optional,
        }


def _definitions(request: Request) -> list[dict[str, Any]]:
    only = request.get("TrainingJobDefinition")
    return [only] if only else list(request["TrainingJobDefinitions"])


def _objective(request: Request) -> dict[str, str]:
    config = request["HyperParameterTuningJobConfig"]
    given = config.get("HyperParameterTuningJobObjective") or _definitions(request)[0].get("TuningObjective", {})
    return {member: given[member] for member in ("Type", "MetricName") if member in given}


def _training_requests(request: Request) -> list[Request]:
    """Requests of the training jobs, with the form of AWS's names: ``<tuning job>-001-0a1b2c3d``."""
    name, definitions = request["HyperParameterTuningJobName"], _definitions(request)
    limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    count = limits.get("MaxNumberOfTrainingJobs", limits["MaxParallelTrainingJobs"])
    made = []
    for number in range(1, count + 1):
        definition = dict(definitions[(number - 1) % len(definitions)])
        suffix = hashlib.sha256(f"{name}-{number}".encode()).hexdigest()[:8]
        definition["HyperParameters"] = definition.pop("StaticHyperParameters", {})
        for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges"):
            definition.pop(member, None)
        resources = definition.pop("HyperParameterTuningResourceConfig", None)
        if resources:
            definition["ResourceConfig"] = resources
        made.append({"TrainingJobName": f"{name}-{number:03}-{suffix}", **definition})
    return made


def _find(backend: Backend, request: Request) -> TuningJob:
    name = request["HyperParameterTuningJobName"]
    found: TuningJob | None = names.stored(backend, "hyper-parameter-tuning-job").get(name.lower())
    if found is None:
        raise ResourceNotFoundError(f"Amazon SageMaker can't find a tuning job with the name {name}.")
    return found


def _create(backend: Backend, request: Request) -> dict[str, Any]:
    if ("TrainingJobDefinition" in request) == bool(request.get("TrainingJobDefinitions")):
        raise ValidationError("Specify exactly one of TrainingJobDefinition and TrainingJobDefinitions.")
    stored = names.stored(backend, "hyper-parameter-tuning-job")
    job = TuningJob(backend, request)
    if job.hyper_parameter_tuning_job_name.lower() in stored:
        raise ResourceInUseError(f"A hyperparameter tuning job with this name already exists ({job.arn})")
    for definition in _definitions(request):
        training.require_one_algorithm(definition)
        require_assumable(definition["RoleArn"], job.arn)
    stored[job.hyper_parameter_tuning_job_name.lower()] = job
    for each in job.jobs:
        training.start(backend, each)
    return {"HyperParameterTuningJobArn": job.arn}


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    return _find(backend, request).describe()


def _delete(backend: Backend, request: Request) -> None:
    job = _find(backend, request)
    del names.stored(backend, "hyper-parameter-tuning-job")[job.hyper_parameter_tuning_job_name.lower()]


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = listed(
        names.stored(backend, "hyper-parameter-tuning-job").values(),
        request,
        name_of=lambda job: job.hyper_parameter_tuning_job_name,
        status_of=lambda job: job.status,
        default_order="Ascending",
    )
    return {"HyperParameterTuningJobSummaries": [job.summary() for job in found], **token}


def _list_training_jobs(backend: Backend, request: Request) -> dict[str, Any]:
    job = _find(backend, request)
    found, token = listed(
        job.jobs,
        request,
        name_of=lambda each: each.training_job_name,
        status_of=lambda each: each.status,
        default_order="Ascending",
    )
    return {"TrainingJobSummaries": [job.training_summary(each) for each in found], **token}


OPERATIONS = {
    "CreateHyperParameterTuningJob": _create,
    "DescribeHyperParameterTuningJob": _describe,
    "DeleteHyperParameterTuningJob": _delete,
    "ListHyperParameterTuningJobs": _list,
    "ListTrainingJobsForHyperParameterTuningJob": _list_training_jobs,
}
