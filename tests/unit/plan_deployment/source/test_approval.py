import copy
import json
from typing import Any

import pytest

from plan_deployment.environment import Services, Settings
from plan_deployment.planner import plan
from shared.errors import InvalidRequest, ModelNotFound, ProfileInvalid, ProfileNotFound
from tests.support import project, steps
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import (
    SESSION,
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
    require_valid,
)
from tests.unit.plan_deployment.world import OFF_HOURS

EXECUTION = {"arn": EXECUTION_ARN, "name": "one", "startedAt": "2026-11-21T05:12:59.152Z"}
ROLE = "arn:aws:iam::123456789012:role/models"
PROFILE_NAME = "/slipway/profiles/h2o3-gbm"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/h2o3-gbm/2"


def approved(**detail: Any) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(project.event("model_approved"))
    event["detail"] |= detail
    return {**event, "detail": {name: value for name, value in event["detail"].items() if value is not None}}


def profile(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(project.event("profile_h2o3-gbm")) | changes


def planned(
    event: Any,
    document: Any = None,
    *,
    sagemaker: FakeSageMaker | None = None,
    ssm: FakeSsm | None = None,
    role: str = ROLE,
    owners: tuple[str, ...] = (),
) -> Any:
    text = document if isinstance(document, str) else json.dumps(document or profile())
    ssm = ssm or FakeSsm(**{PROFILE_NAME: text})
    services = Services(
        sagemaker or FakeSageMaker(),
        FakeAutoScaling(),
        FakeLocks(),
        lambda: ssm,
        FakeCloudWatch,
        FakeExecutions,
        FakeS3,
        FakeIam,
        FakeScheduler,
    )
    return plan(
        event,
        EXECUTION,
        EXECUTION["startedAt"],
        services,
        Settings(
            "locks",
            "deployments",
            "/slipway/profiles",
            tuple(filter(None, [role])),
            (),
            "slipway",
            5,
            ("123456789012", *owners),
            OFF_HOURS,
        ),
    )


def test_an_approved_package_becomes_the_model_of_variants_without_one() -> None:
    made = planned(approved())

    (model,) = steps.bodies(made, "CreateModel")
    name = model["ModelName"]
    assert model == {
        "ModelName": name,
        "PrimaryContainer": {"ModelPackageName": PACKAGE},
        "ExecutionRoleArn": ROLE,
        "Tags": [
            {"Key": "team", "Value": "churn"},
            {"Key": "slipway:execution", "Value": EXECUTION_ARN},
        ],
    }
    require_valid(SESSION.get_service_model("sagemaker"), "CreateModel", model)
    assert steps.config(made)["ProductionVariants"][0]["ModelName"] == name
    assert (made["endpointName"], made["modelNames"]) == ("h2o3-gbm", [name])
    assert made["models"] == [{member: value for member, value in model.items() if member != "Tags"}]
    (undo,) = steps.undo(made, "CreateModel")
    assert (undo["operation"], undo["request"]) == ("DeleteModel", {"ModelName": name})
    assert made["trigger"] == {
        "kind": "approval",
        "modelPackageArn": PACKAGE,
        "modelPackageGroupName": "h2o3-gbm",
        "eventId": "844e2571-85d4-695f-b930-0153b71dcb42",
        "profileName": PROFILE_NAME,
    }


FOREIGN = PACKAGE.replace("123456789012", "999988887777")


def test_a_package_of_an_account_that_the_stack_names_is_deployed() -> None:
    made = planned(approved(ModelPackageArn=FOREIGN), owners=("111122223333", "999988887777"))

    assert made["models"][0]["PrimaryContainer"] == {"ModelPackageName": FOREIGN}
    assert made["models"][0]["ModelName"] != planned(approved())["models"][0]["ModelName"]


def test_a_package_of_any_other_account_is_refused_with_the_parameter_to_set() -> None:
    with pytest.raises(InvalidRequest) as raised:
        planned(approved(ModelPackageArn=FOREIGN), owners=("111122223333",))

    assert str(raised.value) == (
        f"Model package {FOREIGN} belongs to account 999988887777, and the stack deploys no packages of that account. "
        "To allow it, deploy the stack with 999988887777 in the parameter ModelPackageOwnerAccounts. Nothing was "
        "deployed."
    )


@pytest.mark.parametrize("arn", ["h2o3-gbm/2", "arn:aws:sagemaker:eu-west-1:model-package/h2o3-gbm/2", None])
def test_an_event_without_the_arn_of_a_package_is_not_an_approval(arn: str | None) -> None:
    with pytest.raises(InvalidRequest, match="it does not name a versioned model package"):
        planned(approved(ModelPackageArn=arn))


def test_repeating_the_approval_creates_no_second_model_and_deploys_nothing() -> None:
    first = planned(approved())
    sagemaker = FakeSageMaker()
    sagemaker.models.add(first["models"][0]["ModelName"])
    sagemaker.configs[first["endpointConfigName"]] = steps.config(first)
    sagemaker.add_endpoint("h2o3-gbm", config=first["endpointConfigName"])

    again = planned(approved() | {"id": "another-delivery"}, sagemaker=sagemaker)

    assert again["action"] == "none"
    assert steps.operations(again) == ["RegisterScalableTarget", "PutScalingPolicy"], "not carried out by this test"


def test_a_model_to_be_created_gets_a_new_config() -> None:
    """The existing config has the model's name but is older, so the endpoint may not run the new model."""
    first = planned(approved())
    sagemaker = FakeSageMaker()
    sagemaker.configs[first["endpointConfigName"]] = steps.config(first)
    sagemaker.add_endpoint("h2o3-gbm", config=first["endpointConfigName"])

    again = planned(approved(), sagemaker=sagemaker)

    assert steps.operations(again)[:3] == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]
    assert again["endpointConfigName"] != first["endpointConfigName"]
    sagemaker.endpoints.clear()
    created = planned(approved(), sagemaker=sagemaker)
    assert steps.operations(created)[:3] == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    assert created["endpointConfigName"] != first["endpointConfigName"]


def test_a_change_to_a_config_whose_model_is_to_be_created_is_not_joined() -> None:
    first = planned(approved())
    sagemaker = FakeSageMaker()
    sagemaker.configs[first["endpointConfigName"]] = steps.config(first)
    pending = {"EndpointConfigName": first["endpointConfigName"]}
    sagemaker.add_endpoint("h2o3-gbm", "Updating", PendingDeploymentSummary=pending)

    assert planned(approved(), sagemaker=sagemaker)["action"] == "wait"
    sagemaker.models.add(first["models"][0]["ModelName"])
    assert planned(approved(), sagemaker=sagemaker)["action"] == "join"


def test_another_version_of_the_package_is_another_model() -> None:
    other = planned(approved(ModelPackageArn=PACKAGE.replace("/2", "/3")))

    assert other["models"][0]["ModelName"] != planned(approved())["models"][0]["ModelName"]
    assert other["endpointConfigName"] != planned(approved())["endpointConfigName"]


def test_a_package_created_approved_names_no_updated_fields() -> None:
    assert planned(approved(UpdatedModelPackageFields=None))["action"] == "create"


def test_a_profile_configures_its_model() -> None:
    own_role = "arn:aws:iam::123456789012:role/churn-models"
    model = {
        "ExecutionRoleArn": own_role,
        "EnableNetworkIsolation": True,
        "PrimaryContainer": {"Environment": {"THREADS": "4"}},
    }

    request = planned(approved(), profile(model=model))["models"][0]

    assert request["ExecutionRoleArn"] == own_role
    assert request["EnableNetworkIsolation"] is True
    assert request["PrimaryContainer"] == {"Environment": {"THREADS": "4"}, "ModelPackageName": PACKAGE}


def test_variants_that_name_their_model_keep_it() -> None:
    champion = {
        "VariantName": "Champion",
        "ModelName": "champion-model",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker = FakeSageMaker()
    sagemaker.models.add("champion-model")

    made = planned(
        approved(), profile(productionVariants=[champion, *profile()["productionVariants"]]), sagemaker=sagemaker
    )

    names = [variant["ModelName"] for variant in steps.config(made)["ProductionVariants"]]
    assert names == ["champion-model", made["models"][0]["ModelName"]]


CHAMPION = {
    "VariantName": "Champion",
    "ModelName": "champion",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


def test_a_profile_makes_models_beside_the_approved_one() -> None:
    document = profile(
        productionVariants=[CHAMPION, *profile()["productionVariants"]],
        models={"champion": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"}},
    )

    made = planned(approved(), document)

    champion, model = (body["ModelName"] for body in made["models"])
    assert (champion[:9], model[:9]) == ("champion-", "h2o3-gbm-")
    assert [variant["ModelName"] for variant in steps.config(made)["ProductionVariants"]] == [champion, model]


def test_faults_of_a_profiles_models_are_named_with_the_profile() -> None:
    model = {"artifact": "s3://elsewhere/model.tar.gz", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"}
    document = profile(productionVariants=[CHAMPION, *profile()["productionVariants"]], models={"champion": model})

    with pytest.raises(ProfileInvalid) as raised:
        planned(approved(), document)

    assert str(raised.value).startswith(
        f"Profile {PROFILE_NAME} has 1 fault:\n- /models/champion/artifact: the stack cannot read artifacts in the "
        "bucket elsewhere."
    )


def test_a_shadow_variant_can_get_the_approved_model() -> None:
    shadow = {"VariantName": "Shadow", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    production = profile()["productionVariants"][0] | {"ModelName": "champion-model"}
    document = profile(productionVariants=[production], shadowProductionVariants=[shadow])

    with pytest.raises(ModelNotFound, match="champion-model"):
        planned(approved(), document)
    sagemaker = FakeSageMaker()
    sagemaker.models.add("champion-model")
    made = planned(approved(), document, sagemaker=sagemaker)

    assert steps.config(made)["ShadowProductionVariants"][0]["ModelName"] == made["models"][0]["ModelName"]


NO_APPROVALS = {
    "rejected": ({"ModelApprovalStatus": "Rejected"}, 'ModelApprovalStatus is "Rejected"'),
    "pending": ({"ModelApprovalStatus": "PendingManualApproval"}, 'ModelApprovalStatus is "PendingManualApproval"'),
    "edited": (
        {"UpdatedModelPackageFields": ["CustomerMetadataProperties"]},
        "it changes only CustomerMetadataProperties of a package that was approved before",
    ),
    "not completed": ({"ModelPackageStatus": "InProgress"}, 'ModelPackageStatus is "InProgress"'),
    "no version": ({"ModelPackageGroupName": None}, "it does not name a versioned model package"),
    "invalid group": ({"ModelPackageGroupName": "../other"}, "it does not name a versioned model package"),
}


@pytest.mark.parametrize("case", sorted(NO_APPROVALS))
def test_an_event_that_is_not_an_approval_deploys_nothing(case: str) -> None:
    detail, why = NO_APPROVALS[case]

    with pytest.raises(InvalidRequest) as raised:
        planned(approved(**detail))

    assert str(raised.value).startswith(f"The event is not the approval of a model package: {why}")


def test_the_event_of_a_rejected_model_is_not_an_approval() -> None:
    with pytest.raises(InvalidRequest, match='ModelApprovalStatus is "Rejected"'):
        planned(project.event("bad_model_rejected"))


def test_edited_metadata_is_not_an_approval() -> None:
    with pytest.raises(InvalidRequest, match="it changes only CustomerMetadataProperties"):
        planned(project.event("model_metadata_edited"))


@pytest.mark.parametrize(
    "event", [{"detail-type": "SageMaker Endpoint State Change", "detail": {}}, {"detail-type": None}]
)
def test_another_event_is_not_an_approval(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="its detail-type is"):
        planned(event)


def test_without_a_profile_the_message_says_how_to_write_one() -> None:
    with pytest.raises(ProfileNotFound) as raised:
        planned(approved(), ssm=FakeSsm())

    assert f"There is no deployment profile {PROFILE_NAME}" in str(raised.value)
    assert f"aws ssm put-parameter --type String --name {PROFILE_NAME} --value file://profile.json" in str(raised.value)


def test_a_profile_without_read_permission_does_not_count_as_missing() -> None:
    ssm = FakeSsm()
    ssm.errors["GetParameter"] = client_error("AccessDeniedException", "not authorized", "GetParameter")

    with pytest.raises(Exception, match="AccessDeniedException"):
        planned(approved(), ssm=ssm)


def test_a_profile_that_is_not_json_is_invalid() -> None:
    with pytest.raises(ProfileInvalid, match=f"Profile {PROFILE_NAME} is not JSON: Expecting value: line 1"):
        planned(approved(), "endpointName: h2o3-gbm")


def test_an_encrypted_profile_is_invalid_and_says_how_to_write_it() -> None:
    ssm = FakeSsm("SecureString", **{PROFILE_NAME: "AQICAHh…"})

    with pytest.raises(ProfileInvalid) as raised:
        planned(approved(), ssm=ssm)

    assert str(raised.value).startswith(f"Profile {PROFILE_NAME} is a SecureString, which Slipway does not decrypt.")
    assert f"aws ssm put-parameter --type String --name {PROFILE_NAME}" in str(raised.value)


@pytest.mark.parametrize(("given", "sent"), [({"STAGE": "prod"}, {"STAGE": "prod"}), ({}, None)])
def test_an_empty_environment_is_not_sent_with_the_package(given: dict[str, str], sent: dict[str, str] | None) -> None:
    made = planned(approved(), profile(model={"PrimaryContainer": {"Environment": given}}))

    assert made["models"][0]["PrimaryContainer"].get("Environment") == sent


def test_faults_of_a_profile_are_named_with_the_profile() -> None:
    with pytest.raises(ProfileInvalid) as raised:
        planned(approved(), profile(endpointName="under_score", deadlineSeconds=1))

    message = str(raised.value)
    assert message.startswith(f"Profile {PROFILE_NAME} has 2 faults:")
    assert "/endpointName" in message
    assert "/deadlineSeconds" in message


def test_a_model_needs_a_role_from_profile_or_stack() -> None:
    with pytest.raises(ProfileInvalid, match=r"/model/ExecutionRoleArn in the profile.*ModelExecutionRoleArns"):
        planned(approved(), role="")


def test_a_package_of_a_recreated_group_is_another_model() -> None:
    """Its version 1 has the ARN of the old group's."""
    again = planned(approved(CreationTime="2026-11-21T08:00:00.000Z"))

    assert again["models"][0]["ModelName"] != planned(approved())["models"][0]["ModelName"]
    assert again["endpointConfigName"] != planned(approved())["endpointConfigName"]


def test_an_approval_without_the_creation_time_of_its_package_is_deployed() -> None:
    assert planned(approved(CreationTime=None))["action"] == "create"
