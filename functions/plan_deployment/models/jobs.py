"""Models of training and tuning jobs: image, artifact, code, role and network of the job."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from plan_deployment.models import artifacts, images
from plan_deployment.models.artifacts import Artifact
from plan_deployment.models.findings import Findings, ModelFaultError, fault_if_missing
from shared.aws import Client, Json

COMPLETED = "Completed"
MISSING = frozenset({"ResourceNotFound", "ValidationException"})
# Script mode (sagemaker-training-toolkit): where the SDK has put the user's code, as JSON strings.
PROGRAM, SUBMIT_DIRECTORY = "sagemaker_program", "sagemaker_submit_directory"
# Their images take the code from the folder code/ of the archive only (sagemaker-inference-toolkit).
CODE_IN_ARCHIVE = frozenset({"pytorch", "tensorflow", "huggingface"})


@dataclass(frozen=True)
class TrainedModel:
    """What a Completed training job has stored, as a model needs it.

    Attributes
    ----------
    arn : str
        Of the job; SageMaker never uses the name of a job again.
    image : str or Json
        URI, or framework and version where the inference image is another one than the training image.
    artifacts : list of Artifact
        The model, and the archive of its code if there is one outside of it.
    environment : dict of str to str
        Variables by which the container finds the code.
    role_arn : str
        Role of the job.
    network : Json
        VpcConfig and EnableNetworkIsolation of the job, as far as it has them.
    """

    arn: str
    image: str | Json
    artifacts: list[Artifact]
    environment: dict[str, str]
    role_arn: str
    network: Json


def best_training_job(sagemaker: Client, name: str, pointer: str) -> str:
    """Return the name of the best training job of a tuning job, across warm starts.

    Raises
    ------
    ModelFaultError
        If there is no such tuning job, it is not Completed, or it has no best training job.
    """
    try:
        job: Json = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    except ClientError as error:
        raise _missing(error, f"there is no tuning job {name}", pointer) from error
    _require_completed("tuning job", name, job["HyperParameterTuningJobStatus"], pointer)
    best = job.get("OverallBestTrainingJob") or job.get("BestTrainingJob")
    if not best:
        raise ModelFaultError(pointer, f"the tuning job {name} has no best training job", "Name a training job")
    return str(best["TrainingJobName"])


def trained_model(sagemaker: Client, name: str, pointer: str, findings: Findings) -> TrainedModel:
    """Return the model of a training job.

    Raises
    ------
    ModelFaultError
        If there is no such job, it is not Completed, or it has no image or no artifact.
    """
    try:
        job: Json = sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError as error:
        raise _missing(error, f"there is no training job {name}", pointer) from error
    _require_completed("training job", name, job["TrainingJobStatus"], pointer)
    training_image = job["AlgorithmSpecification"].get("TrainingImage")
    if not training_image:
        problem = f"the training job {name} has an algorithm of AWS Marketplace or of your own, and no image"
        raise ModelFaultError(pointer, problem, "Create a model package from the algorithm, and name the package")
    image = images.inference_image(training_image) or training_image
    found = [_artifact(job, name, pointer)]
    environment: dict[str, str] = {}
    if isinstance(image, dict) and image["framework"] in CODE_IN_ARCHIVE:
        if PROGRAM in job.get("HyperParameters", {}):
            findings.warnings.append(
                f"{pointer}: the image takes its code from the folder code/ of the archive, not from the code of the "
                f"training job {name}. Without the folder, the defaults of {image['framework']} apply."
            )
    else:
        environment = _environment(job)
        found += _code(environment, pointer)
    return TrainedModel(
        arn=job["TrainingJobArn"],
        image=image,
        artifacts=found,
        environment=environment,
        role_arn=job["RoleArn"],
        network={member: job[member] for member in ("VpcConfig", "EnableNetworkIsolation") if job.get(member)},
    )


def _artifact(job: Json, name: str, pointer: str) -> Artifact:
    uri = (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts")
    if not uri:
        raise ModelFaultError(pointer, f"the training job {name} has stored no model", "Name another job")
    if (job.get("OutputDataConfig") or {}).get("CompressionType") == "NONE":
        return Artifact(pointer, uri.rstrip("/") + "/", artifacts.PREFIX)
    return Artifact(pointer, uri, artifacts.ARCHIVE)


def _environment(job: Json) -> dict[str, str]:
    given = job.get("HyperParameters", {})
    program, folder = (_plain(given.get(name)) for name in (PROGRAM, SUBMIT_DIRECTORY))
    if not program:
        return {}
    found = {"SAGEMAKER_PROGRAM": program, "SAGEMAKER_SUBMIT_DIRECTORY": folder}
    return {name: value for name, value in found.items() if value}


def _plain(value: str | None) -> str:
    """Return the text in a hyperparameter, which the SDK writes as a JSON string."""
    if value is None:
        return ""
    try:
        return str(json.loads(value))
    except json.JSONDecodeError:
        return value


def _code(environment: dict[str, str], pointer: str) -> Iterator[Artifact]:
    folder = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if folder.startswith("s3://"):
        yield Artifact(pointer, folder, artifacts.ARCHIVE)


def _require_completed(kind: str, name: str, status: str, pointer: str) -> None:
    if status != COMPLETED:
        problem = f"the {kind} {name} is {status}"
        raise ModelFaultError(pointer, problem, "Wait until it is Completed, or name another one")


def _missing(error: ClientError, problem: str, pointer: str) -> Exception:
    return fault_if_missing(error, MISSING, problem, pointer, "Correct the name")
