from typing import Any

import pytest

from shared.aws import aws_errors
from shared.errors import AccessDenied
from tests.support import steps
from tests.support.artifacts import archive
from tests.unit.fakes import SESSION, FakeIam, FakeS3, client_error, require_valid
from tests.unit.plan_deployment.models.world import (
    CHURN,
    ROLE,
    SERVERLESS,
    SKLEARN,
    SKLEARN_URI,
    World,
)


def test_an_artifact_and_a_framework_become_a_model() -> None:
    world = World()

    body = world.body(CHURN | {"Environment": {"SAGEMAKER_PROGRAM": "inference.py"}, "EnableNetworkIsolation": True})

    assert body == {
        "PrimaryContainer": {
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
            "ModelDataUrl": "s3://artifacts/churn/model.tar.gz",
            "Image": SKLEARN_URI,
        },
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
    }


def test_the_variants_get_the_name_of_the_model_instead_of_its_key() -> None:
    made = World().plan({"churn": CHURN})

    (model,) = steps.bodies(made, "CreateModel")
    (variant,) = steps.config(made)["ProductionVariants"]
    assert model["ModelName"].startswith("churn-")
    assert (variant["ModelName"], made["modelNames"]) == (model["ModelName"], [model["ModelName"]])
    assert made["request"]["productionVariants"][0]["ModelName"] == "churn", "a rollback reads the request again"


def test_pools_and_shadow_variants_name_models_by_their_keys_too() -> None:
    pools = [
        {"InstanceType": "ml.m5.large", "Priority": 1},
        {"InstanceType": "ml.c5.large", "Priority": 2, "ModelNameOverride": "small"},
    ]
    variants = [{"VariantName": "a", "ModelName": "churn", "InstancePools": pools}]
    shadow = {"VariantName": "s", "ModelName": "small", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}

    made = World().plan(
        {"churn": CHURN, "small": CHURN}, productionVariants=variants, shadowProductionVariants=[shadow]
    )

    churn, small = (body["ModelName"] for body in steps.bodies(made, "CreateModel"))
    config = steps.config(made)
    (variant,) = config["ProductionVariants"]
    assert variant["ModelName"] == churn
    assert [pool.get("ModelNameOverride") for pool in variant["InstancePools"]] == [None, small]
    assert config["ShadowProductionVariants"][0]["ModelName"] == small


def test_the_same_content_is_the_same_model_whatever_the_endpoint() -> None:
    world = World()

    names = {world.plan({"m": CHURN}, endpointName=name)["modelNames"][0] for name in ("one", "two")}

    assert len(names) == 1


def test_another_artifact_under_its_uri_is_another_model() -> None:
    world = World()
    before = world.plan({"m": CHURN})["modelNames"]
    world.s3.objects["churn/model.tar.gz"] = archive(weights=b"other")

    assert world.plan({"m": CHURN})["modelNames"] != before


def test_a_model_that_exists_is_not_created_again() -> None:
    world = World()
    before = world.plan({"m": CHURN})
    world.sagemaker.models = set(before["modelNames"])

    again = world.plan({"m": CHURN})

    assert "CreateModel" not in steps.operations(again)
    assert again["models"] == before["models"]


def test_two_executions_with_the_same_models_have_the_same_request_hash() -> None:
    world = World()
    first, again = (world.plan({"m": CHURN})["requestHash"] for _ in range(2))

    assert first == again
    assert world.plan({"m": CHURN | {"Environment": {"A": "b"}}})["requestHash"] != first


@pytest.mark.parametrize("mode", ["serial", "direct", None])
def test_several_containers_become_one_model(mode: str | None) -> None:
    world = World()
    package = world.sagemaker.add_version("g", 1)
    containers = [
        CHURN | {"ContainerHostname": "first"},
        {"package": package, "ContainerHostname": "second"},
        {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "ContainerHostname": "third"},
    ]

    body = world.body({"containers": containers} | ({"mode": mode} if mode else {}))

    assert body["InferenceExecutionConfig"] == {"Mode": "Direct" if mode == "direct" else "Serial"}
    assert [each["ContainerHostname"] for each in body["Containers"]] == ["first", "second", "third"]
    assert body["Containers"][1]["ModelPackageName"] == package
    assert body["Containers"][2] == {
        "ContainerHostname": "third",
        "Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
    }
    assert "PrimaryContainer" not in body


def test_a_multi_model_container_has_a_prefix() -> None:
    world = World()
    world.s3.objects["models/a.tar.gz"] = archive()
    model = {
        "multiModel": "s3://artifacts/models/",
        "image": SKLEARN,
        "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
    }

    body = world.body(model)

    assert body["PrimaryContainer"] == {
        "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
        "Mode": "MultiModel",
        "ModelDataUrl": "s3://artifacts/models/",
        "Image": SKLEARN_URI,
    }
    before = world.plan({"m": model})["modelNames"]
    world.s3.objects["models/b.tar.gz"] = archive()
    assert world.plan({"m": model})["modelNames"] == before, "its models come and go while the endpoint runs"


def test_a_prefix_without_models_is_refused() -> None:
    found = World().faults({"m": {"multiModel": "s3://artifacts/later/", "image": SKLEARN}})

    assert found == {
        "/models/m/multiModel": "there is no s3://artifacts/later/. Upload the artifact, or correct the URI."
    }


def test_everything_of_create_model_is_passed_on_as_it_is() -> None:
    model: dict[str, Any] = {
        "ModelDataSource": {
            "S3DataSource": {
                "S3Uri": "s3://artifacts/big/",
                "S3DataType": "S3Prefix",
                "CompressionType": "None",
                "ETag": "e",
            }
        },
        "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
        "ContainerHostname": "host",
        "ImageConfig": {
            "RepositoryAccessMode": "Vpc",
            "RepositoryAuthConfig": {
                "RepositoryCredentialsProviderArn": "arn:aws:lambda:eu-west-1:123456789012:function:f"
            },
        },
        "Environment": {"A": "b"},
        "ContainerMetricsConfig": {"MetricsEndpoints": [{"MetricsEndpointPath": "/metrics"}]},
        "ExecutionRoleArn": ROLE,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": True,
    }
    world = World()
    world.s3.objects["big/weights"] = b"w"

    body = world.body(model)

    container = {name: value for name, value in model.items() if name not in body and name != "image"}
    assert body["PrimaryContainer"] == container | {"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"}
    assert {name: body[name] for name in ("VpcConfig", "EnableNetworkIsolation", "ExecutionRoleArn")} == {
        name: model[name] for name in ("VpcConfig", "EnableNetworkIsolation", "ExecutionRoleArn")
    }
    require_valid(SESSION.get_service_model("sagemaker"), "CreateModel", {"ModelName": "m", **body})


def test_all_faults_of_all_models_are_reported_at_once() -> None:
    world = World()
    world.s3.objects["text/model.tar.gz"] = b"no archive"

    found = world.faults(
        {
            "one": {"artifact": "s3://artifacts/none/model.tar.gz", "image": {"framework": "sklearn", "version": "9"}},
            "two": {"package": {"group": "g", "version": 3}},
            "three": {"trainingJob": "j", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/other"},
            "four": {
                "artifact": "s3://artifacts/text/model.tar.gz",
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
            },
        }
    )

    assert found.keys() == {
        "/models/one/artifact",
        "/models/one/image/version",
        "/models/two/package",
        "/models/three/trainingJob",
        "/models/three/ExecutionRoleArn",
        "/models/four/artifact",
    }


def test_a_role_that_the_stack_may_not_pass_is_refused_with_the_parameter() -> None:
    role = "arn:aws:iam::123456789012:role/other"

    assert World().faults({"m": CHURN | {"ExecutionRoleArn": role}}) == {
        "/models/m/ExecutionRoleArn": f"the stack cannot give models the role {role}. Deploy the stack with the role "
        "in the parameter ModelExecutionRoleArns."
    }


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (CHURN | {"VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}}, "a network configuration"),
        (CHURN | {"EnableNetworkIsolation": True}, "network isolation"),
        ({"containers": [CHURN, CHURN]}, "an inference pipeline"),
        ({"multiModel": "s3://artifacts/churn/", "image": SKLEARN}, "a multi-model container"),
        (CHURN | {"ImageConfig": {"RepositoryAccessMode": "Vpc"}}, "an image of a private registry"),
        (
            {
                "image": SKLEARN,
                "ModelDataSource": {
                    "S3DataSource": {
                        "S3Uri": "s3://artifacts/churn/",
                        "S3DataType": "S3Prefix",
                        "CompressionType": "None",
                    }
                },
            },
            "a ModelDataSource",
        ),
    ],
)
def test_what_serverless_endpoints_do_not_support_is_refused(model: dict[str, Any], what: str) -> None:
    (text,) = World().faults({"m": model}, host=SERVERLESS).values()

    assert f"has {what}, which serverless endpoints do not support" in text


@pytest.mark.parametrize(
    ("image", "instance_type", "text"),
    [
        (SKLEARN_URI, "ml.c7g.large", f"{SKLEARN_URI} is for x86 CPUs, and variant m runs on ml.c7g.large"),
        (
            SKLEARN_URI.replace("1.9-0-cpu-py3", "1.0-1-arm64-cpu-py3"),
            "ml.m5.large",
            "is for Graviton, and variant m runs on ml.m5.large",
        ),
        (
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312",
            "ml.m5.large",
            "is for GPUs, and variant m runs on ml.m5.large",
        ),
        (SKLEARN_URI.replace("eu-west-1", "us-east-1"), "ml.m5.large", "is in us-east-1, and the endpoint is in eu-"),
    ],
)
def test_an_image_that_cannot_run_there_is_refused(image: str, instance_type: str, text: str) -> None:
    host = {"InstanceType": instance_type, "InitialInstanceCount": 1}

    found = World().faults({"m": CHURN | {"image": image}}, host=host)

    assert text in found["/models/m/image"]


@pytest.mark.parametrize(
    "image",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:gpu-arm64",
        SKLEARN_URI,
    ],
)
def test_an_image_that_can_run_or_is_unknown_is_accepted(image: str) -> None:
    host = {"InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}

    assert World().body(CHURN | {"image": image}, host=host)["PrimaryContainer"]["Image"] == image


def test_an_artifact_that_is_larger_than_the_volume_is_refused() -> None:
    class Large(FakeS3):
        def _listed(self, key: str) -> dict[str, Any]:
            return super()._listed(key) | {"Size": 3 * 2**29 + 2**30}

    world = World()
    world.s3 = Large(**world.s3.objects)
    host = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}

    assert world.faults({"m": CHURN}, host=host | {"VolumeSizeInGB": 2}) == {
        "/models/m/artifact": "has 2.5 GB, and the volume of variant m has 2 GB. Raise VolumeSizeInGB; an archive needs "
        "room for its content, too."
    }
    assert world.body(CHURN, host=host | {"VolumeSizeInGB": 3})


def test_a_framework_gets_the_image_of_the_instances_that_run_it() -> None:
    world = World()
    image = {"framework": "pytorch", "version": "2.6.0"}

    def of(instance_type: str) -> Any:
        host = {"InstanceType": instance_type, "InitialInstanceCount": 1}
        return world.body(CHURN | {"image": image}, host=host)["PrimaryContainer"]["Image"].partition("/")[2]

    assert of("ml.m5.large") == "pytorch-inference:2.6.0-cpu-py312"
    assert of("ml.g5.xlarge") == "pytorch-inference:2.6.0-gpu-py312"
    assert of("ml.c7g.large") == "pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"


def test_a_model_that_aws_owns_is_not_looked_for() -> None:
    source = {
        "S3Uri": "s3://jumpstart-private-cache-prod-eu-west-1/x/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
        "ModelAccessConfig": {"AcceptEula": True},
    }

    body = World().body(
        {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "ModelDataSource": {"S3DataSource": source}}
    )

    assert body["PrimaryContainer"]["ModelDataSource"] == {"S3DataSource": source}


@pytest.mark.parametrize("is_specific", [True, False])
def test_an_explicit_deny_of_the_role_is_refused(is_specific: bool) -> None:
    world = World()
    world.iam = FakeIam(s3_GetObject="explicitDeny")
    world.iam.is_specific = is_specific

    assert world.faults({"m": CHURN}) == {
        "/models/m": f"a policy denies the role {ROLE} s3:GetObject on arn:aws:s3:::artifacts/churn/model.tar.gz. "
        "Change the policy, or name another role in ExecutionRoleArn."
    }


def test_a_role_that_no_policy_allows_to_read_is_a_warning() -> None:
    world = World()
    world.iam = FakeIam(s3_GetObject="implicitDeny")

    assert (
        f"/models/m: no policy of the role {ROLE} allows s3:GetObject on arn:aws:s3:::artifacts/churn/model.tar.gz. "
        "The deployment fails unless the policy of the bucket allows it."
    ) in world.plan({"m": CHURN})["warnings"]


def test_without_permission_to_simulate_the_plan_says_so() -> None:
    world = World()
    world.iam.errors["SimulatePrincipalPolicy"] = client_error("AccessDenied", "no", "SimulatePrincipalPolicy")

    (warning,) = (text for text in world.plan({"m": CHURN})["warnings"] if text.startswith("/models/m"))

    assert warning == (
        f"/models/m: could not check that the role {ROLE} may read the artifact: "
        "SimulatePrincipalPolicy: AccessDenied: no"
    )


def test_a_missing_role_is_refused() -> None:
    world = World()
    world.iam.errors["SimulatePrincipalPolicy"] = client_error("NoSuchEntity", "no role", "SimulatePrincipalPolicy")

    assert world.faults({"m": CHURN}) == {"/models/m": f"there is no role {ROLE}. Correct ExecutionRoleArn."}


def test_any_other_error_of_the_simulator_is_that_of_aws() -> None:
    world = World()
    world.iam.errors["SimulatePrincipalPolicy"] = client_error("Throttling", "slow", "SimulatePrincipalPolicy")
    world.sagemaker.errors["DescribeTrainingJob"] = client_error("AccessDeniedException", "no", "DescribeTrainingJob")

    with pytest.raises(AccessDenied, match="DescribeTrainingJob"), aws_errors():
        world.plan({"m": {"trainingJob": "j"}})


def test_a_request_that_names_existing_models_reads_no_artifacts_and_no_roles() -> None:
    world = World()
    world.sagemaker.models = {"there"}

    variant = {"VariantName": "v", "ModelName": "there", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    services_used = world.plan({}, productionVariants=[variant])

    assert services_used["models"] == []
    assert (world.s3.calls, world.iam.calls) == ([], [])
