"""Permissions that AWS derives from a call."""

from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import allow, document, error_of, make_role
from support.hosting import IMAGE, Hosting

SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"
MODEL_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/model"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
TAGS = [{"Key": "stage", "Value": "dev"}]
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def missing(refused: tuple[str, str, int]) -> str:
    """`action on resource` of the refusal."""
    code, message, _ = refused
    assert code in ("AccessDeniedException", "AccessDenied", "AuthorizationError", "KMSAccessDenied")
    return message.split("not authorized to perform: ")[1].split(" because ")[0]


def model(**more: Any) -> dict[str, Any]:
    return {"ModelName": "Churn", "PrimaryContainer": {"Image": IMAGE}, "ExecutionRoleArn": MODEL_ROLE, **more}


def test_creating_a_model_needs_the_right_to_pass_its_role(local_aws: LocalAws) -> None:
    create = allow("sagemaker:CreateModel")
    nothing = make_role(local_aws, create)
    wrong_service = make_role(local_aws, create, allow("iam:PassRole", MODEL_ROLE, **TO_LAMBDA))
    wrong_role = make_role(local_aws, create, allow("iam:PassRole", f"{MODEL_ROLE}-other", **TO_SAGEMAKER))
    right = make_role(local_aws, create, allow("iam:PassRole", MODEL_ROLE, **TO_SAGEMAKER))

    for caller in (nothing, wrong_service, wrong_role):
        assert missing(error_of(caller.client("sagemaker").create_model, **model())) == (
            f"iam:PassRole on resource: {MODEL_ROLE}"
        )
    assert ("iam:PassRole", MODEL_ROLE, "allow") in checks_of_create_model(right)


def checks_of_create_model(caller: Any) -> list[tuple[str, str, str]]:
    """The checks of CreateModel, whether or not SageMaker accepts the request."""
    sagemaker = caller.client("sagemaker")
    try:
        sagemaker.create_model(**model())
    except sagemaker.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationException"  # noqa: PT017 - any other answer is one, too
    found: list[tuple[str, str, str]] = caller.checks()
    return found


CREATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("create_model", {"ModelName": "M"}, "model/m"),
    ("create_endpoint_config", {"EndpointConfigName": "C"}, "endpoint-config/c"),
    ("create_endpoint", {"EndpointName": "E", "EndpointConfigName": "C"}, "endpoint/e"),
]


@pytest.mark.parametrize(("method", "parameters", "resource"), CREATIONS, ids=[c[0] for c in CREATIONS])
def test_tags_at_creation_need_add_tags(
    local_aws: LocalAws, method: str, parameters: dict[str, Any], resource: str
) -> None:
    caller = make_role(local_aws, allow(["sagemaker:Create*", "iam:PassRole"]))

    refused = error_of(getattr(caller.client("sagemaker"), method), **parameters, Tags=TAGS)

    assert missing(refused) == f"sagemaker:AddTags on resource: {SAGEMAKER}:{resource}"


def test_add_tags_is_checked_with_the_tags_of_the_creation(local_aws: LocalAws) -> None:
    tagging = allow("sagemaker:AddTags", StringEquals={"aws:RequestTag/stage": "prod"})
    caller = make_role(local_aws, allow("sagemaker:CreateEndpoint"), tagging)

    refused = error_of(caller.client("sagemaker").create_endpoint, EndpointName="e", EndpointConfigName="c", Tags=TAGS)
    assert missing(refused) == f"sagemaker:AddTags on resource: {SAGEMAKER}:endpoint/e"


def test_a_config_with_a_key_needs_no_grant_and_a_config_with_a_role_needs_pass_role(hosting: Hosting) -> None:
    key = hosting.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    caller = make_role(hosting.aws, allow("sagemaker:CreateEndpointConfig"), allow("iam:PassRole", **TO_SAGEMAKER))
    variants = [hosting.variant(hosting.model("keyed-config"))]

    caller.client("sagemaker").create_endpoint_config(
        EndpointConfigName="keyed-config", KmsKeyId=key, ProductionVariants=variants, ExecutionRoleArn=MODEL_ROLE
    )

    assert caller.checks() == [
        ("sagemaker:CreateEndpointConfig", f"{SAGEMAKER}:endpoint-config/keyed-config", "allow"),
        ("iam:PassRole", MODEL_ROLE, "allow"),
    ]


@pytest.mark.parametrize("method", ["create_endpoint", "update_endpoint"])
def test_an_endpoint_on_a_config_with_a_key_needs_the_grant(hosting: Hosting, method: str) -> None:
    name = f"keyed-{method.split('_')[0]}"
    key = hosting.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    variant = hosting.variant(hosting.model(name))
    if method == "update_endpoint":
        hosting.endpoint(name, variant)
    hosting.config(f"{name}-keyed", variant, KmsKeyId=key.rsplit("/", 1)[1])
    hosting.config(f"{name}-keyless", variant)
    rights = allow(["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"])
    granting = allow("kms:CreateGrant", key, Bool={"kms:GrantIsForAWSResource": "true"})
    without, within = make_role(hosting.aws, rights), make_role(hosting.aws, rights, granting)

    refused = error_of(
        getattr(without.client("sagemaker"), method), EndpointName=name, EndpointConfigName=f"{name}-keyed"
    )
    assert missing(refused) == f"kms:CreateGrant on resource: {key}"

    getattr(within.client("sagemaker"), method)(EndpointName=name, EndpointConfigName=f"{name}-keyed")
    assert ("kms:CreateGrant", key, "allow") in within.checks()


def test_an_endpoint_on_a_config_without_a_key_needs_no_grant(hosting: Hosting) -> None:
    hosting.config("keyless-config", hosting.variant(hosting.model("keyless")))
    caller = make_role(hosting.aws, allow("sagemaker:CreateEndpoint"))

    caller.client("sagemaker").create_endpoint(EndpointName="keyless", EndpointConfigName="keyless-config")

    assert "kms:CreateGrant" not in [action for action, _, _ in caller.checks()]


PASSING = [
    ("lambda", "create_function", {"FunctionName": "f", "Role": MODEL_ROLE}, "lambda.amazonaws.com"),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Role": MODEL_ROLE}, "lambda.amazonaws.com"),
    ("stepfunctions", "create_state_machine", {"name": "m", "definition": "{}", "roleArn": MODEL_ROLE}, "states.amazonaws.com"),
    ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": "a", "RoleArn": MODEL_ROLE}]}, "events.amazonaws.com"),
    ("scheduler", "create_schedule", {"Name": "s", "Target": {"RoleArn": MODEL_ROLE}}, "scheduler.amazonaws.com"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "parameters", "passed_to"), PASSING, ids=[p[1] for p in PASSING])
def test_giving_a_role_to_a_service_needs_pass_role(
    local_aws: LocalAws, service: str, method: str, parameters: dict[str, Any], passed_to: str
) -> None:
    everything_else = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
    elsewhere = allow("iam:PassRole", StringNotEquals={"iam:PassedToService": passed_to})
    caller = make_role(local_aws, everything_else, elsewhere)

    refused = error_of(getattr(caller.client(service), method), **parameters)

    assert missing(refused) == f"iam:PassRole on resource: {MODEL_ROLE}"


def encrypted_topic(aws: LocalAws, name: str, key: str) -> str:
    made = aws.client("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})
    return str(made["TopicArn"])


def test_publishing_to_an_encrypted_topic_uses_its_key(local_aws: LocalAws) -> None:
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic_arn = encrypted_topic(local_aws, "iam-encrypted", key.rsplit("/", 1)[1])
    publish = allow("sns:Publish", topic_arn)
    without = make_role(local_aws, publish)
    half = make_role(local_aws, publish, allow("kms:GenerateDataKey*", key))
    whole = make_role(local_aws, publish, allow(["kms:GenerateDataKey*", "kms:Decrypt"], key))

    refused = error_of(without.client("sns").publish, TopicArn=topic_arn, Message="m")
    assert (refused[0], refused[2]) == ("KMSAccessDenied", 400)
    assert missing(refused) == f"kms:GenerateDataKey on resource: {key}"
    assert missing(error_of(half.client("sns").publish, TopicArn=topic_arn, Message="m")) == (
        f"kms:Decrypt on resource: {key}"
    )
    whole.client("sns").publish(TopicArn=topic_arn, Message="m")
    assert whole.checks() == [
        ("sns:Publish", topic_arn, "allow"),
        ("kms:GenerateDataKey", key, "allow"),
        ("kms:Decrypt", key, "allow"),
    ]


def test_a_key_can_be_limited_to_the_service_and_the_topic(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sns:Publish"))
    topic_arn = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:iam-narrow"

    def key_for(**condition: Any) -> str:
        use = {**allow(["kms:GenerateDataKey*", "kms:Decrypt"], **condition), "Principal": {"AWS": caller.role_arn}}
        administer = {**allow(["kms:Describe*", "kms:PutKeyPolicy"]), "Principal": ROOT}
        made = local_aws.client("kms").create_key(Policy=document(administer, use))
        return str(made["KeyMetadata"]["KeyId"])

    def publish_with(key: str) -> None:
        local_aws.client("sns").create_topic(Name="iam-narrow")
        local_aws.client("sns").set_topic_attributes(
            TopicArn=topic_arn, AttributeName="KmsMasterKeyId", AttributeValue=key
        )
        caller.client("sns").publish(TopicArn=topic_arn, Message="m")

    publish_with(key_for(StringEquals={"kms:ViaService": f"sns.{REGION}.amazonaws.com"}))
    publish_with(key_for(StringEquals={"kms:EncryptionContext:aws:sns:topicArn": topic_arn}))
    publish_with(key_for(StringEquals={"kms:CallerAccount": ACCOUNT_ID}))
    through_queues = key_for(StringEquals={"kms:ViaService": f"sqs.{REGION}.amazonaws.com"})
    assert error_of(publish_with, key=through_queues)[0] == "KMSAccessDenied"


def test_the_aws_managed_key_for_topics_can_be_used_by_the_accounts_roles(local_aws: LocalAws) -> None:
    topic_arn = encrypted_topic(local_aws, "iam-managed-key", "alias/aws/sns")
    caller = make_role(local_aws, allow("sns:Publish", topic_arn), allow("kms:*", "arn:aws:kms:*:*:key/none"))

    caller.client("sns").publish(TopicArn=topic_arn, Message="m")


def test_senders_and_receivers_of_an_encrypted_queue_use_its_key(local_aws: LocalAws) -> None:
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    url = local_aws.client("sqs").create_queue(QueueName="iam-sealed", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    caller = make_role(local_aws, allow(["sqs:SendMessage", "sqs:ReceiveMessage"])).client("sqs")
    receiver = make_role(local_aws, allow("sqs:ReceiveMessage"), allow("kms:Decrypt", key)).client("sqs")

    code, message, _ = error_of(caller.send_message, QueueUrl=url, MessageBody="m")
    assert (code, f"kms:GenerateDataKey on resource: {key} " in message) == ("KMS.AccessDeniedException", True)
    code, message, _ = error_of(caller.receive_message, QueueUrl=url)
    assert (code, f"kms:Decrypt on resource: {key} " in message) == ("KMS.AccessDeniedException", True)
    receiver.receive_message(QueueUrl=url)


TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/Churn/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def test_registering_a_variant_needs_the_rights_to_describe_and_scale_its_endpoint(local_aws: LocalAws) -> None:
    register = allow("application-autoscaling:RegisterScalableTarget")
    blind = make_role(local_aws, register)
    looking = make_role(local_aws, register, allow("sagemaker:DescribeEndpoint", f"{SAGEMAKER}:endpoint/churn"))
    request = {**TARGET, "MinCapacity": 1, "MaxCapacity": 2}

    refused = error_of(blind.client("application-autoscaling").register_scalable_target, **request)
    assert missing(refused) == f"sagemaker:DescribeEndpoint on resource: {SAGEMAKER}:endpoint/churn"
    refused = error_of(looking.client("application-autoscaling").register_scalable_target, **request)
    assert missing(refused) == f"sagemaker:UpdateEndpointWeightsAndCapacities on resource: {SAGEMAKER}:endpoint/churn"


def test_registering_is_authorized_by_namespace_and_dimension(local_aws: LocalAws) -> None:
    keys = {
        "application-autoscaling:service-namespace": "sagemaker",
        "application-autoscaling:scalable-dimension": TARGET["ScalableDimension"],
    }
    targets = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT_ID}:scalable-target/*"
    caller = make_role(
        local_aws, allow("application-autoscaling:RegisterScalableTarget", targets, StringEquals=keys)
    ).client("application-autoscaling")

    other = {**TARGET, "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
    assert "application-autoscaling:RegisterScalableTarget" in missing(
        error_of(caller.register_scalable_target, **other)
    )
    assert "sagemaker:DescribeEndpoint" in missing(error_of(caller.register_scalable_target, **TARGET))


def test_a_target_tracking_policy_needs_the_rights_for_its_alarms(local_aws: LocalAws) -> None:
    put = allow("application-autoscaling:PutScalingPolicy")
    alarms = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm"
    without = make_role(local_aws, put)
    putting = make_role(local_aws, put, allow("cloudwatch:PutMetricAlarm", f"{alarms}:TargetTracking-*"))
    request = {**TARGET, "PolicyName": "p", "PolicyType": "TargetTrackingScaling"}

    refused = missing(error_of(without.client("application-autoscaling").put_scaling_policy, **request))
    assert refused.startswith(
        f"cloudwatch:PutMetricAlarm on resource: {alarms}:TargetTracking-{TARGET['ResourceId']}-Al"
    )
    refused = missing(error_of(putting.client("application-autoscaling").put_scaling_policy, **request))
    assert refused == f"cloudwatch:DescribeAlarms on resource: {alarms}:*"


def test_writing_a_secure_parameter_needs_the_right_to_use_its_key(local_aws: LocalAws) -> None:
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    put = make_role(local_aws, allow("ssm:PutParameter")).client("ssm").put_parameter
    secret = {"Value": "v", "Type": "SecureString"}

    assert missing(error_of(put, Name="/secret", KeyId=key, **secret)) == f"kms:Encrypt on resource: {key}"
    put(Name="/secret-with-the-managed-key", **secret)


def test_creating_a_schedule_group_with_tags_needs_the_right_to_tag_it(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("scheduler:CreateScheduleGroup"))

    refused = error_of(caller.client("scheduler").create_schedule_group, Name="nights", Tags=TAGS)

    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule-group/nights"
    assert missing(refused) == f"scheduler:TagResource on resource: {group}"


def test_deleting_a_schedule_group_needs_the_right_to_delete_its_schedules(local_aws: LocalAws) -> None:
    local_aws.client("scheduler").create_schedule_group(Name="nights")
    caller = make_role(local_aws, allow("scheduler:DeleteScheduleGroup"))

    refused = error_of(caller.client("scheduler").delete_schedule_group, Name="nights")

    schedules = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule/nights/*"
    assert missing(refused) == f"scheduler:DeleteSchedule on resource: {schedules}"
