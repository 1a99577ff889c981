"""Models that a request makes: each payload of docs/models.md, and what is refused before anything is created."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local_aws import session
from tests.support import project, registry
from tests.support.artifacts import ENVIRONMENT, archive, make_bucket
from tests.support.deployment import Run, Slipway
from tests.support.verdicts import denied
from tools import approval

PAGE = (project.ROOT / "docs" / "models.md").read_text()
SECTIONS = (section.split("\n", 1) for section in PAGE.split("\n## ")[1:])
PAYLOADS = {title: text.split("```json\n")[1].split("```")[0] for title, text in SECTIONS if "```json" in text}
PROFILE = PAYLOADS.pop("The deployment profile of a group")
BUCKET = "my-artifacts"
INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
SKLEARN = {"framework": "sklearn", "version": "1.9-0"}
URI_OF_X86 = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
URI_OF_GPU = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312"
NETWORK = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


@pytest.fixture(scope="module")
def account(deployed: Slipway) -> Slipway:
    """The deployed application, with the artifacts, packages and jobs of the page."""
    aws, bucket = deployed.aws, deployed.outputs["ArtifactBucketName"]
    role = deployed.outputs["ModelExecutionRoleArn"]
    for key in ("churn/model.tar.gz", "features/model.tar.gz", "models/one.tar.gz", "large/weights"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=archive())
    aws.client("s3").put_object(Bucket=bucket, Key="text/model.tar.gz", Body=b"no archive")
    aws.client("s3").put_object(Bucket=bucket, Key="empty/model.tar.gz", Body=b"")
    registry.add_version(aws, "churn")
    registry.add_version(aws, "churn", "PendingManualApproval")
    registry.train(aws, bucket, "churn-2026-11-28", role)
    aws.post("sagemaker/outcomes", [{"trainingJobName": "failed", "operation": "train", "outcome": "fails"}])
    registry.train(aws, bucket, "failed", role)
    registry.tune(aws, bucket, "churn-hpo", role)
    return deployed


def of_the_stack(slipway: Slipway, payload: str) -> Any:
    """The payload with the name of the stack's bucket."""
    return json.loads(payload.replace(f"s3://{BUCKET}/", f"s3://{slipway.outputs['ArtifactBucketName']}/"))


def request(slipway: Slipway, model: dict[str, Any], host: dict[str, Any]) -> Any:
    variant = {"VariantName": "AllTraffic", "ModelName": "m", **host}
    payload = {"endpointName": "refused-models", "productionVariants": [variant], "models": {"m": model}}
    return of_the_stack(slipway, json.dumps(payload))


def assert_succeeded(run: Run, slipway: Slipway) -> None:
    assert run.status == "SUCCEEDED", run.cause
    assert denied([*run.calls, *run.derived]) == []
    assert run.mutations("s3") == []


def approve(slipway: Slipway, package: str) -> str:
    """Approve the package and return the ARN of the execution that the rule starts."""
    sagemaker = slipway.aws.client("sagemaker")
    change = {"ModelPackageArn": package, "ModelApprovalStatus": "Approved"}
    return approval.started_by(slipway.aws, slipway.machine_arn, lambda: sagemaker.update_model_package(**change))


def test_every_source_has_a_section_with_its_payload() -> None:
    sources = {name for text in PAYLOADS.values() for model in json.loads(text)["models"].values() for name in model}

    assert sources > {"artifact", "ModelDataSource", "package", "trainingJob", "tuningJob", "containers", "multiModel"}


@pytest.mark.parametrize("title", PAYLOADS)
def test_each_payload_of_the_page_deploys_its_model_and_again_changes_nothing(account: Slipway, title: str) -> None:
    payload = of_the_stack(account, PAYLOADS[title])
    (key,) = payload["models"]

    run = account.deploy(payload)

    assert_succeeded(run, account)
    assert run.mutations("sagemaker")[-2:] == ["CreateEndpointConfig", "CreateEndpoint"]
    (name,) = run.output["modelNames"]
    assert re.fullmatch(f"{key}-[0-9a-f]{{12}}", name)
    model = account.aws.client("sagemaker").describe_model(ModelName=name)
    assert model["ExecutionRoleArn"] == account.outputs["ModelExecutionRoleArn"]
    assert account.deploy(payload).output["changed"] is False


def test_the_profile_of_the_page_deploys_the_approved_model_beside_its_own(account: Slipway) -> None:
    aws, group = account.aws, "on-approval"
    name = f"/slipway/profiles/{group}"
    aws.client("ssm").put_parameter(Name=name, Type="String", Value=PROFILE)
    package = registry.add_version(aws, group, "PendingManualApproval")

    with account.recorded() as finish:
        run = finish(approve(account, package))

    assert_succeeded(run, account)
    champion, approved = sorted(run.output["modelNames"])
    assert (champion[:9], approved[:12]) == ("champion-", "on-approval-")
    aws.client("ssm").put_parameter(
        Name=name, Type="String", Value=PROFILE.replace('"version": 1', '"version": 9'), Overwrite=True
    )
    package = registry.add_version(aws, group, "PendingManualApproval")
    with account.recorded() as finish:
        refused = finish(approve(account, package))

    assert refused.error == "ProfileInvalid"
    assert "/models/champion/package: there is no model package" in refused.cause


ARTIFACT = {"artifact": f"s3://{BUCKET}/churn/model.tar.gz", "image": SKLEARN, "Environment": ENVIRONMENT}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a missing artifact": (
        ARTIFACT | {"artifact": f"s3://{BUCKET}/none/model.tar.gz"},
        INSTANCES,
        "/models/m/artifact: there is no s3://",
    ),
    "an empty artifact": (
        ARTIFACT | {"artifact": f"s3://{BUCKET}/empty/model.tar.gz"},
        INSTANCES,
        "is empty. Upload the artifact again.",
    ),
    "no archive": (
        ARTIFACT | {"artifact": f"s3://{BUCKET}/text/model.tar.gz"},
        INSTANCES,
        "is not a tar archive that is compressed by gzip",
    ),
    "a bucket of others": (
        ARTIFACT | {"artifact": "s3://elsewhere/model.tar.gz"},
        INSTANCES,
        "Deploy the stack with the bucket in the parameter ArtifactBuckets",
    ),
    "an empty prefix": (
        {"multiModel": f"s3://{BUCKET}/later/", "image": SKLEARN},
        INSTANCES,
        "/models/m/multiModel: there is no s3://",
    ),
    "an unknown framework": (
        ARTIFACT | {"image": {"framework": "caffe", "version": "1"}},
        INSTANCES,
        '/models/m/image/framework: expected "xgboost", "sklearn", "pytorch", "tensorflow" or "huggingface"',
    ),
    "an unknown version": (
        ARTIFACT | {"image": {"framework": "sklearn", "version": "0.1"}},
        INSTANCES,
        "0.1 is not a known version of sklearn. Use one of 0.20.0, 0.23-1, 1.0-1, 1.2-1, 1.4-2-py312, 1.9-0",
    ),
    "no image for the processor": (
        ARTIFACT,
        {"InstanceType": "ml.c7g.large", "InitialInstanceCount": 1},
        "sklearn 1.9-0 has no known image for graviton. Use cpu, another version, or the URI of an image",
    ),
    "an x86 image on Graviton": (
        ARTIFACT | {"image": URI_OF_X86},
        {"InstanceType": "ml.c7g.large", "InitialInstanceCount": 1},
        "is for x86 CPUs, and variant AllTraffic runs on ml.c7g.large",
    ),
    "a GPU image on CPUs": (ARTIFACT | {"image": URI_OF_GPU}, INSTANCES, "is for GPUs, and variant AllTraffic runs on"),
    "an image of another Region": (
        ARTIFACT | {"image": URI_OF_X86.replace("eu-west-1", "us-east-1")},
        INSTANCES,
        "is in us-east-1, and the endpoint is in eu-west-1",
    ),
    "a role of others": (
        ARTIFACT | {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/slipway-models"},
        INSTANCES,
        "/models/m/ExecutionRoleArn: the stack cannot give models the role",
    ),
    "a package that is not approved": (
        {"package": {"group": "churn", "version": 2}},
        INSTANCES,
        "/churn/2 is PendingManualApproval. Approve it, or name another version.",
    ),
    "a missing package": (
        {"package": {"group": "churn", "version": 77}},
        INSTANCES,
        "/models/m/package: there is no model package",
    ),
    "a missing group": (
        {"package": {"group": "none", "version": "latest-approved"}},
        INSTANCES,
        "/models/m/package/version: there is no model package group",
    ),
    "a package of another account": (
        {"package": "arn:aws:sagemaker:eu-west-1:999988887777:model-package/churn/1"},
        INSTANCES,
        "Deploy the stack with 999988887777 in the parameter ModelPackageOwnerAccounts",
    ),
    "a failed training job": (
        {"trainingJob": "failed"},
        INSTANCES,
        "/models/m/trainingJob: the training job failed is Failed",
    ),
    "a missing training job": (
        {"trainingJob": "none"},
        INSTANCES,
        "/models/m/trainingJob: there is no training job none",
    ),
    "a missing tuning job": ({"tuningJob": "none"}, INSTANCES, "/models/m/tuningJob: there is no tuning job none"),
    "a network on a serverless endpoint": (
        ARTIFACT | {"VpcConfig": NETWORK},
        SERVERLESS,
        "has a network configuration, which serverless endpoints do not support",
    ),
    "a pipeline on a serverless endpoint": (
        {"containers": [ARTIFACT, ARTIFACT]},
        SERVERLESS,
        "has an inference pipeline, which serverless endpoints do not support",
    ),
    "many models on a serverless endpoint": (
        {"multiModel": f"s3://{BUCKET}/models/", "image": SKLEARN},
        SERVERLESS,
        "has a multi-model container, which serverless endpoints do not support",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_model_that_cannot_be_deployed_is_refused_before_anything_is_created(account: Slipway, what: str) -> None:
    model, host, text = REFUSED[what]

    run = account.deploy(request(account, model, host))

    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert text in run.cause
    assert run.mutations("sagemaker") == []
    assert denied(run.calls) == []


@pytest.fixture
def policy_of_models(account: Slipway) -> Any:
    """Put a statement into the policies of the models' role, until the test ends."""
    iam, role = account.aws.client("iam"), account.outputs["ModelExecutionRoleArn"].rpartition("/")[2]

    def put(statement: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="of-the-test", PolicyDocument=document)

    yield put
    iam.delete_role_policy(RoleName=role, PolicyName="of-the-test")


def test_a_role_whose_policy_denies_reading_is_refused(
    account: Slipway, policy_of_models: Callable[[dict[str, Any]], None]
) -> None:
    policy_of_models({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*/churn/*"})

    run = account.deploy(request(account, ARTIFACT, INSTANCES))

    assert run.error == "InvalidRequest"
    assert "/models/m: a policy denies the role" in run.cause
    assert run.mutations("sagemaker") == []


def test_a_bucket_of_the_parameter_is_read_and_its_policy_can_allow_the_role_what_its_own_policies_do_not(
    recovering: Slipway,
) -> None:
    s3, role = recovering.aws.client("s3"), recovering.outputs["ModelExecutionRoleArn"]
    make_bucket(recovering.aws, "models-here", reader=role)
    s3.put_object(Bucket="models-here", Key="churn/model.tar.gz", Body=archive())
    payload = request(recovering, ARTIFACT | {"artifact": "s3://models-here/churn/model.tar.gz"}, INSTANCES)

    run = recovering.deploy(payload)

    assert_succeeded(run, recovering)
    (warning,) = (text for text in run.output["warnings"] if text.startswith("/models/m"))
    assert warning.startswith(
        f"/models/m: no policy of the role {role} allows s3:GetObject on arn:aws:s3:::models-here/"
    )


def test_an_artifact_in_another_region_is_refused(recovering: Slipway) -> None:
    options = {"endpoint_url": recovering.aws.url, "aws_access_key_id": "local", "aws_secret_access_key": "local"}
    s3 = session().client("s3", region_name="eu-central-1", **options)
    s3.create_bucket(Bucket="models-elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="models-elsewhere", Key="model.tar.gz", Body=archive())
    payload = request(recovering, ARTIFACT | {"artifact": "s3://models-elsewhere/model.tar.gz"}, INSTANCES)

    run = recovering.deploy(payload)

    assert run.error == "InvalidRequest"
    assert "the bucket models-elsewhere is in eu-central-1, and the endpoint is in eu-west-1" in run.cause


def test_a_rollback_restores_the_recorded_model_even_if_its_artifact_is_gone(account: Slipway) -> None:
    s3, bucket = account.aws.client("s3"), account.outputs["ArtifactBucketName"]
    payload = request(account, ARTIFACT, INSTANCES) | {"endpointName": "restored-models"}
    payload["models"]["m"]["artifact"] = f"s3://{bucket}/first/model.tar.gz"
    s3.put_object(Bucket=bucket, Key="first/model.tar.gz", Body=archive(version=b"1"))
    first = account.deploy(payload)
    s3.put_object(Bucket=bucket, Key="first/model.tar.gz", Body=archive(version=b"2"))

    second = account.deploy(payload)
    restored = account.deploy({"endpointName": "restored-models", "rollback": True})

    assert second.output["action"] == "update", "the content behind the URI is another one"
    assert_succeeded(restored, account)
    assert restored.output["modelNames"] == first.output["modelNames"]
    planner = [call for call in restored.calls if "PlanDeployment" in call["principal"]]
    assert {call["operation"] for call in planner if call["service"] in ("s3", "iam")} == {"ListObjectsV2"}


def test_an_overwritten_artifact_is_a_warning_because_a_rollback_loads_it_too(account: Slipway) -> None:
    s3, bucket = account.aws.client("s3"), account.outputs["ArtifactBucketName"]
    payload = request(account, ARTIFACT, INSTANCES) | {"endpointName": "overwritten"}
    payload["models"]["m"]["artifact"] = f"s3://{bucket}/over/model.tar.gz"
    s3.put_object(Bucket=bucket, Key="over/model.tar.gz", Body=archive(version=b"1"))
    account.deploy(payload)
    s3.put_object(Bucket=bucket, Key="over/model.tar.gz", Body=archive(version=b"2"))

    second = account.deploy(payload)
    restored = account.deploy({"endpointName": "overwritten", "rollback": True})

    (update,), (rollback,) = second.output["warnings"], restored.output["warnings"]
    assert "has the same artifact" in update
    assert "after the deployment that is restored: its containers load what is there now" in rollback


def test_a_failed_deployment_removes_the_models_that_it_created(account: Slipway) -> None:
    account.outcome("undone-models", "create", "fails")

    run = account.deploy(
        request(account, {"containers": [ARTIFACT, ARTIFACT]}, INSTANCES) | {"endpointName": "undone-models"}
    )

    assert run.error == "CreateFailed"
    assert run.mutations("sagemaker")[0] == "CreateModel"
    assert run.mutations("sagemaker")[-2:] == ["DeleteEndpointConfig", "DeleteModel"]
    assert denied([*run.calls, *run.derived]) == []
