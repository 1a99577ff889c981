"""Permissions that SageMaker and Application Auto Scaling derive from a call."""

from collections.abc import Callable
from typing import Any

import pytest

from support.callers import allow, error_of, make_role
from support.components import Components
from support.hosting import Hosting, arn, instances_of

DEREGISTER = "application-autoscaling:DeregisterScalableTarget"
LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}


def test_deleting_a_scaled_endpoint_needs_the_right_to_deregister_its_target(hosting: Hosting) -> None:
    hosting.endpoint("held")
    target = hosting.register("held")
    caller = make_role(hosting.aws, allow("sagemaker:DeleteEndpoint"))

    code, message, _ = error_of(caller.client("sagemaker").delete_endpoint, EndpointName="held")

    assert code == "AccessDeniedException"
    assert message == (
        "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used to "
        "invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission to deregister "
        "the scalable target."
    )
    assert hosting.status("held") == "InService"
    found = hosting.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )
    assert len(found["ScalableTargets"]) == 1


def test_the_right_to_deregister_is_sufficient_to_delete_a_scaled_endpoint(hosting: Hosting) -> None:
    hosting.endpoint("let-go")
    hosting.register("let-go")
    caller = make_role(hosting.aws, allow(["sagemaker:DeleteEndpoint", DEREGISTER]))

    caller.client("sagemaker").delete_endpoint(EndpointName="let-go")

    assert [action for action, _, verdict in caller.checks() if verdict == "allow"] == [
        "sagemaker:DeleteEndpoint",
        DEREGISTER,
    ]


def test_an_endpoint_without_scaling_needs_no_such_right(hosting: Hosting) -> None:
    hosting.endpoint("free")
    caller = make_role(hosting.aws, allow("sagemaker:DeleteEndpoint"))

    caller.client("sagemaker").delete_endpoint(EndpointName="free")

    assert [action for action, _, _ in caller.checks()] == ["sagemaker:DeleteEndpoint"]


def test_the_first_registration_creates_the_service_linked_role_if_the_caller_has_the_right(hosting: Hosting) -> None:
    hosting.endpoint("firstborn")
    iam = hosting.aws.client("iam")
    role_name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    if role_name in [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]:
        (attached,) = iam.list_attached_role_policies(RoleName=role_name)["AttachedPolicies"]
        iam.detach_role_policy(RoleName=role_name, PolicyArn=attached["PolicyArn"])
        iam.delete_role(RoleName=role_name)
    rights = ["application-autoscaling:RegisterScalableTarget", "sagemaker:*"]
    poor = make_role(hosting.aws, allow(rights))
    condition = {"iam:AWSServiceName": LINKED_SERVICE}
    rich = make_role(hosting.aws, allow(rights), allow("iam:CreateServiceLinkedRole", StringEquals=condition))
    request = {**instances_of("firstborn"), "MinCapacity": 1, "MaxCapacity": 2}

    code, message, _ = error_of(poor.client("application-autoscaling").register_scalable_target, **request)
    rich.client("application-autoscaling").register_scalable_target(**request)
    poor.client("application-autoscaling").register_scalable_target(**request)

    assert code == "AccessDeniedException"
    assert "iam:CreateServiceLinkedRole" in message
    assert iam.get_role(RoleName=role_name)["Role"]["Path"] == f"/aws-service-role/{LINKED_SERVICE}/"


def test_changing_a_policy_needs_the_right_to_delete_its_old_alarms(hosting: Hosting) -> None:
    hosting.endpoint("alarmed")
    request = {
        **hosting.register("alarmed"),
        "PolicyName": "track",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
    }
    rights = ["application-autoscaling:PutScalingPolicy", "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms"]
    caller = make_role(hosting.aws, allow(rights)).client("application-autoscaling")

    first = caller.put_scaling_policy(**request)
    code, message, _ = error_of(caller.put_scaling_policy, **request)

    assert code == "AccessDeniedException"
    assert "cloudwatch:DeleteAlarms" in message
    (policy,) = hosting.autoscaling.describe_scaling_policies(**instances_of("alarmed"))["ScalingPolicies"]
    assert policy["Alarms"] == first["Alarms"]


OWN = [{"Key": "Made:By", "Value": "me"}]


def make_endpoint(hosting: Hosting, name: str, **tags: Any) -> None:
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=hosting.config(f"{name}-1"), **tags)
    hosting.wait(name)


DELETIONS: list[tuple[str, str, Callable[..., Any], str]] = [
    ("endpoint", "delete_endpoint", make_endpoint, "EndpointName"),
    ("endpoint-config", "delete_endpoint_config", Hosting.config, "EndpointConfigName"),
    ("model", "delete_model", Hosting.model, "ModelName"),
]


@pytest.mark.parametrize(("kind", "method", "make", "member"), DELETIONS, ids=[each[0] for each in DELETIONS])
def test_a_right_to_delete_tagged_resources_excludes_untagged_ones(
    hosting: Hosting, kind: str, method: str, make: Callable[..., Any], member: str
) -> None:
    # The service authorization reference lists aws:ResourceTag for all three types of resources.
    name = f"Tagged-By-Me-{kind}"
    make(hosting, f"{name}-Not")
    make(hosting, name, Tags=OWN)
    own_only = allow("sagemaker:Delete*", Null={"aws:ResourceTag/made:by": "false"})
    delete = getattr(make_role(hosting.aws, own_only).client("sagemaker"), method)

    for refused_name in (f"{name}-Not", f"{name}-missing"):  # a missing resource has no tag
        code, message, _ = error_of(delete, **{member: refused_name})
        assert code == "AccessDeniedException"
        assert f" on resource: {arn(f'{kind}/{refused_name.lower()}')} because no identity-based policy" in message
    hosting.endpoint(f"Time-Passes-{name}")  # which takes minutes
    delete(**{member: name})


@pytest.mark.parametrize(("kind", "method", "make", "member"), DELETIONS[1:], ids=[each[0] for each in DELETIONS[1:]])
def test_iam_sees_the_tags_of_a_creation_seconds_later(
    hosting: Hosting, kind: str, method: str, make: Callable[..., Any], member: str
) -> None:
    # Pull request 4600 of aws/sagemaker-python-sdk.
    name = f"Just-Created-{kind}"
    own_only = allow("sagemaker:Delete*", Null={"aws:ResourceTag/made:by": "false"})
    delete = getattr(make_role(hosting.aws, own_only).client("sagemaker"), method)
    make(hosting, name, Tags=OWN)

    assert error_of(delete, **{member: name})[0] == "AccessDeniedException"
    hosting.endpoint(f"Time-Passes-{name}")  # which takes minutes
    delete(**{member: name})


def test_a_component_with_tags_needs_rights_to_it_its_endpoint_and_its_tags(hosting: Hosting) -> None:
    """Service authorization reference, CreateInferenceComponent."""
    components = Components(hosting)
    request = components.request(components.endpoint(), "Tagged", Tags=[{"Key": "team", "Value": "search"}])
    caller = make_role(hosting.aws, allow(["sagemaker:CreateInferenceComponent", "sagemaker:AddTags"]))

    caller.client("sagemaker").create_inference_component(**request)

    needed = {(action, resource) for action, resource, verdict in caller.checks() if verdict == "allow"}
    assert needed == {
        ("sagemaker:CreateInferenceComponent", arn("inference-component/tagged")),
        ("sagemaker:CreateInferenceComponent", arn(f"endpoint/{request['EndpointName']}")),
        ("sagemaker:AddTags", arn("inference-component/tagged")),
    }


def test_a_right_to_delete_tagged_components_excludes_untagged_and_missing_ones(hosting: Hosting) -> None:
    """The service authorization reference lists aws:ResourceTag for inference components."""
    components = Components(hosting)
    endpoint = components.endpoint()
    components.component(endpoint, "Untagged")
    components.component(endpoint, "Tagged-By-Me", Tags=OWN)
    own_only = allow("sagemaker:Delete*", Null={"aws:ResourceTag/made:by": "false"})
    delete = make_role(hosting.aws, own_only).client("sagemaker").delete_inference_component

    for name in ("Untagged", "Missing"):
        code, message, _ = error_of(delete, InferenceComponentName=name)
        assert code == "AccessDeniedException"
        assert f" on resource: {arn(f'inference-component/{name.lower()}')} because no identity-based" in message
    delete(InferenceComponentName="Tagged-By-Me")


def test_iam_sees_the_tags_of_a_new_component_seconds_later(hosting: Hosting) -> None:
    components = Components(hosting)
    endpoint = components.endpoint()
    own_only = allow("sagemaker:Delete*", Null={"aws:ResourceTag/made:by": "false"})
    delete = make_role(hosting.aws, own_only).client("sagemaker").delete_inference_component

    with hosting.standing_still():
        components.sagemaker.create_inference_component(**components.request(endpoint, "Just-Created", Tags=OWN))
        code, _, _ = error_of(delete, InferenceComponentName="Just-Created")
    components.wait("Just-Created")
    delete(InferenceComponentName="Just-Created")

    assert code == "AccessDeniedException"


def test_an_update_of_a_component_needs_the_right_to_describe_its_alarms(hosting: Hosting) -> None:
    components = Components(hosting)
    name = components.component(components.endpoint(), "Watched", copies=2)
    caller = make_role(hosting.aws, allow("sagemaker:UpdateInferenceComponent")).client("sagemaker")
    rolling = {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}
    deployment = {"RollingUpdatePolicy": rolling, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    code, message, _ = error_of(
        caller.update_inference_component,
        InferenceComponentName=name,
        Specification=components.specification(),
        DeploymentConfig=deployment,
    )

    assert code == "AccessDeniedException"
    assert "cloudwatch:DescribeAlarms" in message
    assert components.describe(name)["InferenceComponentStatus"] == "InService"


def test_a_right_to_create_tagged_components_excludes_untagged_ones(hosting: Hosting) -> None:
    """The service authorization reference lists aws:RequestTag for CreateInferenceComponent and AddTags."""
    components = Components(hosting)
    endpoint = components.endpoint()
    with_tag = {"Null": {"aws:RequestTag/Made:By": "false"}}
    caller = make_role(
        hosting.aws,
        allow(["sagemaker:CreateInferenceComponent", "sagemaker:AddTags"], arn("inference-component/*"), **with_tag),
        allow("sagemaker:CreateInferenceComponent", arn("endpoint/*")),
    ).client("sagemaker")

    code, _, _ = error_of(caller.create_inference_component, **components.request(endpoint, "Without"))
    caller.create_inference_component(**components.request(endpoint, "With", Tags=OWN))

    assert code == "AccessDeniedException"
    assert components.wait("With")["InferenceComponentStatus"] == "InService"
