from typing import Any

import pytest

from tests.support.artifacts import archive
from tests.unit.plan_deployment.models.world import REGISTRY, ROLE, SERVERLESS, SKLEARN_URI, World

DEEP_LEARNING = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
SCRIPT = {
    "sagemaker_program": '"train.py"',
    "sagemaker_submit_directory": '"s3://artifacts/j/source/sourcedir.tar.gz"',
    "alpha": "1",
}


def world(**members: Any) -> World:
    made = World()
    made.sagemaker.add_training_job("j", **members)
    made.s3.objects |= {"j/output/model.tar.gz": archive(), "j/source/sourcedir.tar.gz": archive()}
    return made


def test_a_training_job_gives_artifact_image_role_and_network() -> None:
    network = {"VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}, "EnableNetworkIsolation": True}

    assert world(**network).body({"trainingJob": "j"}) == {
        "PrimaryContainer": {"ModelDataUrl": "s3://artifacts/j/output/model.tar.gz", "Image": SKLEARN_URI},
        "ExecutionRoleArn": ROLE,
        **network,
    }


def test_members_of_the_request_override_those_of_the_job() -> None:
    network = {"VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}, "EnableNetworkIsolation": True}
    given = {
        "VpcConfig": {"Subnets": ["t"], "SecurityGroupIds": ["h"]},
        "EnableNetworkIsolation": False,
        "Environment": {"SAGEMAKER_PROGRAM": "serve.py"},
        "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
    }

    body = world(HyperParameters=SCRIPT, **network).body({"trainingJob": "j"} | given)

    assert {name: body[name] for name in network} == {name: given[name] for name in network}
    assert body["PrimaryContainer"]["Image"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    assert body["PrimaryContainer"]["Environment"]["SAGEMAKER_PROGRAM"] == "serve.py"


def test_the_code_of_script_mode_becomes_the_environment() -> None:
    account = world(HyperParameters=SCRIPT)

    body = account.body({"trainingJob": "j"})

    assert body["PrimaryContainer"]["Environment"] == {
        "SAGEMAKER_PROGRAM": "train.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "s3://artifacts/j/source/sourcedir.tar.gz",
    }
    (simulated,) = (parameters for _, parameters in account.iam.calls)
    assert simulated["ResourceArns"] == [
        "arn:aws:s3:::artifacts/j/output/model.tar.gz",
        "arn:aws:s3:::artifacts/j/source/sourcedir.tar.gz",
    ]


def test_missing_code_of_script_mode_is_refused() -> None:
    account = world(HyperParameters=SCRIPT)
    del account.s3.objects["j/source/sourcedir.tar.gz"]

    (text,) = account.faults({"m": {"trainingJob": "j"}}).values()

    assert "there is no s3://artifacts/j/source/sourcedir.tar.gz" in text


@pytest.mark.parametrize(
    ("trained_on", "served_by"),
    [
        ("pytorch-training:2.6.0-gpu-py312-cu126-ubuntu22.04-sagemaker", "pytorch-inference:2.6.0-cpu-py312"),
        ("tensorflow-training:2.19.0-gpu-py312", "tensorflow-inference:2.19.0-cpu"),
        (
            "huggingface-pytorch-training:2.6.0-transformers4.49.0-gpu-py312-cu124-ubuntu22.04",
            "huggingface-pytorch-inference:2.6.0-transformers4.49.0-cpu-py312-ubuntu22.04",
        ),
    ],
)
def test_three_frameworks_have_inference_images_of_their_own(trained_on: str, served_by: str) -> None:
    account = world(image=f"{DEEP_LEARNING}/{trained_on}", HyperParameters=SCRIPT)

    made = account.plan({"m": {"trainingJob": "j"}})
    container = account.body({"trainingJob": "j"})["PrimaryContainer"]

    assert container["Image"].startswith(f"{DEEP_LEARNING}/{served_by}")
    assert "Environment" not in container
    assert any("takes its code from the folder code/ of the archive" in text for text in made["warnings"])


def test_a_version_without_an_inference_image_is_refused_with_the_known_ones() -> None:
    found = world(image=f"{DEEP_LEARNING}/pytorch-training:9.9.0-gpu-py399").faults({"m": {"trainingJob": "j"}})

    assert "9.9.0 is not a known version of pytorch. Use one of " in found["/models/m/image/version"]


def test_an_uncompressed_model_becomes_a_model_data_source() -> None:
    account = world(
        OutputDataConfig={"S3OutputPath": "s3://artifacts/", "CompressionType": "NONE"},
        ModelArtifacts={"S3ModelArtifacts": "s3://artifacts/j/output/model"},
    )
    account.s3.objects["j/output/model/weights"] = b"w"

    assert account.body({"trainingJob": "j"})["PrimaryContainer"]["ModelDataSource"] == {
        "S3DataSource": {
            "S3Uri": "s3://artifacts/j/output/model/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }


@pytest.mark.parametrize("status", ["InProgress", "Failed", "Stopping", "Stopped"])
def test_a_training_job_that_is_not_completed_is_refused(status: str) -> None:
    assert world(TrainingJobStatus=status).faults({"m": {"trainingJob": "j"}}) == {
        "/models/m/trainingJob": f"the training job j is {status}. Wait until it is Completed, or name another one."
    }


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"AlgorithmSpecification": {"AlgorithmName": "a", "TrainingInputMode": "File"}}, "and no image"),
        ({"ModelArtifacts": {}}, "has stored no model"),
    ],
)
def test_a_job_without_image_or_model_is_refused(members: dict[str, Any], text: str) -> None:
    assert text in world(**members).faults({"m": {"trainingJob": "j"}})["/models/m/trainingJob"]


def test_a_job_whose_role_the_stack_may_not_pass_gets_the_default_role_with_a_warning() -> None:
    account = world(RoleArn="arn:aws:iam::123456789012:role/training")

    assert account.body({"trainingJob": "j"})["ExecutionRoleArn"] == ROLE
    assert (
        f"/models/m: the model gets the role {ROLE}, because the job's role "
        "arn:aws:iam::123456789012:role/training is not in the parameter ModelExecutionRoleArns."
    ) in account.plan({"m": {"trainingJob": "j"}})["warnings"]


def test_the_network_of_a_job_does_not_suit_a_serverless_endpoint() -> None:
    account = world(VpcConfig={"Subnets": ["s"], "SecurityGroupIds": ["g"]})

    (text,) = account.faults({"m": {"trainingJob": "j"}}, host=SERVERLESS).values()

    assert "has a network configuration, which serverless endpoints do not support" in text


def tuned(**members: Any) -> World:
    account = world()
    account.sagemaker.tuning_jobs["hpo"] = {
        "HyperParameterTuningJobName": "hpo",
        "HyperParameterTuningJobStatus": "Completed",
        "BestTrainingJob": {"TrainingJobName": "j"},
    } | members
    return account


def test_a_tuning_job_gives_its_best_training_job() -> None:
    body = tuned().body({"tuningJob": "hpo"})

    assert body["PrimaryContainer"]["ModelDataUrl"] == "s3://artifacts/j/output/model.tar.gz"


def test_the_best_job_across_warm_starts_takes_precedence() -> None:
    account = tuned(BestTrainingJob={"TrainingJobName": "other"}, OverallBestTrainingJob={"TrainingJobName": "j"})

    assert account.body({"tuningJob": "hpo"})["PrimaryContainer"]["Image"] == SKLEARN_URI


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"HyperParameterTuningJobStatus": "InProgress"}, "the tuning job hpo is InProgress. Wait until it is Complet"),
        ({"BestTrainingJob": {}}, "the tuning job hpo has no best training job. Name a training job."),
        ({"BestTrainingJob": {"TrainingJobName": "gone"}}, "there is no training job gone: DescribeTrainingJob: "),
    ],
)
def test_a_tuning_job_without_a_completed_best_job_is_refused(members: dict[str, Any], text: str) -> None:
    assert text in tuned(**members).faults({"m": {"tuningJob": "hpo"}})["/models/m/tuningJob"]


def test_missing_jobs_are_refused_by_name() -> None:
    assert World().faults({"m": {"tuningJob": "none"}, "n": {"trainingJob": "none"}}) == {
        "/models/m/tuningJob": "there is no tuning job none: DescribeHyperParameterTuningJob: ResourceNotFound: "
        "Requested resource not found. Correct the name.",
        "/models/n/trainingJob": "there is no training job none: DescribeTrainingJob: ResourceNotFound: "
        "Requested resource not found. Correct the name.",
    }


def test_a_model_of_another_job_is_another_model() -> None:
    account = world()
    account.sagemaker.add_training_job(
        "j2", ModelArtifacts={"S3ModelArtifacts": "s3://artifacts/j/output/model.tar.gz"}
    )

    names = {account.plan({"m": {"trainingJob": job}})["modelNames"][0] for job in ("j", "j2")}

    assert len(names) == 2
    assert f"{REGISTRY}:training-job/j" == account.sagemaker.training_jobs["j"]["TrainingJobArn"]
