"""Template and state machines match, and the template follows its rules."""

import re
import tomllib
from typing import Any

import pytest

from local_aws.offline import action_pattern, resource_schema
from tests.support import project

TAGGABLE = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::StepFunctions::StateMachine",
}


def deployed_machine(name: str) -> dict[str, Any]:
    """Properties of the state machine in the template."""
    machine = project.template()["Resources"][project.machine_id(name)]
    properties: dict[str, Any] = machine["Properties"]
    return properties


def resources_of(kind: str) -> dict[str, dict[str, Any]]:
    found = project.transformed()["Resources"]
    return {name: resource["Properties"] for name, resource in found.items() if resource["Type"] == kind}


@pytest.mark.parametrize("name", project.MACHINES)
def test_every_substitution_is_supplied_and_used(name: str) -> None:
    assert set(deployed_machine(name)["DefinitionSubstitutions"]) == project.substitutions_used(name)


@pytest.mark.parametrize("name", project.MACHINES)
def test_every_state_machine_is_logged_and_traced_without_data(name: str) -> None:
    machine = deployed_machine(name)
    (destination,) = machine["Logging"]["Destinations"]

    assert machine["Tracing"] == {"Enabled": True}
    assert machine["Logging"]["IncludeExecutionData"] is False
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"] == {"Fn::GetAtt": ["StateMachinesLogGroup", "Arn"]}


def test_every_function_and_state_machine_has_its_own_role() -> None:
    roles = [
        each.get("Role", each.get("RoleArn"))
        for kind in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
        for each in resources_of(kind).values()
    ]

    assert len({str(role) for role in roles}) == len(roles)


def test_the_roles_whose_arns_are_outputs_keep_their_logical_ids() -> None:
    """Another ID is another role, which a key policy that names the role would not allow."""
    outputs = project.template()["Outputs"]

    assert outputs["DeployEndpointRoleArn"]["Value"] == {"Fn::GetAtt": ["DeployEndpointRole", "Arn"]}
    assert outputs["RollBackRoleArn"]["Value"] == {"Fn::GetAtt": ["RollBackRole", "Arn"]}
    assert deployed_machine(project.DEPLOYS)["Role"] == {"Fn::GetAtt": ["DeployEndpointRole", "Arn"]}


@pytest.mark.parametrize("name", project.MACHINES)
def test_every_state_machine_is_an_output_and_recovered_when_it_is_stopped(name: str) -> None:
    reference = {"Ref": project.machine_id(name)}
    pattern = resources_of("AWS::Events::Rule")["RecoverExecutionFunctionExecutionEnded"]["EventPattern"]

    assert project.template()["Outputs"][f"{reference['Ref']}Arn"]["Value"] == reference
    assert reference in pattern["detail"]["stateMachineArn"]


def test_every_taggable_resource_has_application_and_stage() -> None:
    untagged = []
    for kind in TAGGABLE:
        for name, properties in resources_of(kind).items():
            tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
            if not (tags.get("application") == "slipway" and tags.get("stage") == {"Ref": "Stage"}):
                untagged.append(name)

    assert untagged == []


def test_every_function_runs_python_3_13_on_arm64_traced_with_json_logs() -> None:
    for properties in resources_of("AWS::Lambda::Function").values():
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"


def test_every_topic_is_encrypted_with_the_key_of_the_stack() -> None:
    topics = resources_of("AWS::SNS::Topic")

    assert {name: topic["KmsMasterKeyId"] for name, topic in topics.items()} == {
        "SuccessTopic": {"Ref": "TopicsKey"},
        "FailureTopic": {"Ref": "TopicsKey"},
    }


def test_only_the_publishers_may_use_the_topics_key() -> None:
    policy = resources_of("AWS::KMS::Key")["TopicsKey"]["KeyPolicy"]
    users = [s["Principal"] for s in policy["Statement"] if "kms:Decrypt" in s["Action"]]

    assert users == [
        {"AWS": [{"Fn::GetAtt": [f"{name}FunctionRole", "Arn"]} for name in ("Notify", "RecoverExecution")]},
        {"Service": "cloudwatch.amazonaws.com"},
    ]


def test_exactly_the_alarms_of_the_stack_may_publish_to_the_failure_topic_and_use_its_key() -> None:
    alarms = resources_of("AWS::CloudWatch::Alarm").values()
    (publishing,) = resources_of("AWS::SNS::TopicPolicy")["FailureTopicPolicy"]["PolicyDocument"]["Statement"]
    key_policy = resources_of("AWS::KMS::Key")["TopicsKey"]["KeyPolicy"]["Statement"]
    (using,) = (each for each in key_policy if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"})
    arn = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
    expected = {arn + alarm["AlarmName"]["Fn::Sub"] for alarm in alarms}

    for statement in (publishing, using):
        assert {each["Fn::Sub"] for each in statement["Condition"]["ArnEquals"]["aws:SourceArn"]} == expected
    assert [alarm["AlarmActions"] for alarm in alarms] == [[{"Ref": "FailureTopic"}]] * 3


def test_the_alarm_on_failed_deployments_counts_all_errors_of_the_stage() -> None:
    alarm = resources_of("AWS::CloudWatch::Alarm")["FailedDeploymentsAlarm"]
    emitted = project.template()["Globals"]["Function"]["Environment"]["Variables"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (emitted["POWERTOOLS_METRICS_NAMESPACE"], "DeploymentsFailed")
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "service": emitted["POWERTOOLS_SERVICE_NAME"],
        "stage": emitted["STAGE"],
    }
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 1)
    assert alarm["Threshold"] == {"Ref": "FailedDeploymentsThreshold"}
    assert project.template()["Parameters"]["FailedDeploymentsThreshold"]["Default"] > 1


# Creating a key and listing keys and aliases do not affect existing keys.
OF_NO_KEY = {"kms:CreateKey", "kms:ListKeys", "kms:ListAliases"}


@pytest.mark.parametrize("name", resources_of("AWS::KMS::Key"))
def test_a_key_policy_delegates_cloudformations_calls_on_keys_and_aliases_to_the_account(name: str) -> None:
    """IAM policies apply to a key only if its key policy delegates (KMS developer guide, Default key policy)."""
    schemas_of_kms = [resource_schema(kind, "eu-west-1") for kind in ("AWS::KMS::Key", "AWS::KMS::Alias")]
    called = {
        action for schema in schemas_of_kms if schema for handler in schema.handlers.values() for action in handler
    }
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    policy = resources_of("AWS::KMS::Key")[name]["KeyPolicy"]
    delegated = action_pattern(
        action for each in policy["Statement"] if each["Principal"] == root for action in each["Action"]
    )

    assert {action for action in called - OF_NO_KEY if not delegated.fullmatch(action)} == set()


def test_every_grant_on_any_resource_has_a_reason() -> None:
    lines = (project.ROOT / "template.yaml").read_text().splitlines()

    mute = [number for number, line in enumerate(lines, 1) if 'Resource: "*"' in line and "#" not in line]

    assert mute == []


def test_task_results_may_be_sent_only_to_the_machine_that_waits_for_them() -> None:
    documents = [properties["PolicyDocument"] for properties in resources_of("AWS::IAM::Policy").values()]
    for role in resources_of("AWS::IAM::Role").values():
        documents += [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    granted = [
        statement["Resource"]
        for document in documents
        for statement in document["Statement"]
        if "states:SendTask" in str(statement)
    ]

    assert granted == [{"Ref": "DeployEndpointStateMachine"}] * 2


def statements_with(action: str) -> list[dict[str, Any]]:
    """Statements of the roles that allow the action."""
    statements = [
        statement.get("Fn::If", [None, statement])[1]
        for role in resources_of("AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    return [statement for statement in statements if action in statement["Action"]]


def test_every_log_group_can_have_a_key() -> None:
    keys = [group["KmsKeyId"] for group in resources_of("AWS::Logs::LogGroup").values()]

    assert keys == [{"Fn::If": ["HasLogsKey", {"Ref": "LogsKeyArn"}, {"Ref": "AWS::NoValue"}]}] * len(keys)


def test_every_queue_refuses_requests_without_tls() -> None:
    policies = {
        each["Queues"][0]["Ref"]: each["PolicyDocument"] for each in resources_of("AWS::SQS::QueuePolicy").values()
    }
    refusing = {
        queue
        for queue, policy in policies.items()
        for statement in policy["Statement"]
        if (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    }

    assert refusing == set(resources_of("AWS::SQS::Queue"))


def test_the_artifact_bucket_is_private_encrypted_and_versioned_and_refuses_requests_without_tls() -> None:
    bucket = resources_of("AWS::S3::Bucket")["ArtifactBucket"]
    (statement,) = resources_of("AWS::S3::BucketPolicy")["ArtifactBucketPolicy"]["PolicyDocument"]["Statement"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}


def test_what_remaining_endpoints_read_remains_when_the_stack_is_deleted() -> None:
    resources = project.transformed()["Resources"]
    optional = [each for each in resources.values() if each.get("Condition") == "CreatesArtifactBucket"]

    assert {each["Type"] for each in optional} == {"AWS::IAM::Role", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"}
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in optional} == {
        ("RetainExceptOnCreate", "Retain")
    }


def test_the_role_of_models_may_change_only_captured_data_and_logs() -> None:
    (policy,) = resources_of("AWS::IAM::Role")["ModelExecutionRole"]["Policies"]
    writing = {
        each["Sid"]: [
            resource["Fn::Sub"]
            for resource in (each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]])
        ]
        for each in policy["PolicyDocument"]["Statement"]
        if "Put" in str(each["Action"]) and each["Resource"] != "*"
    }
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker"

    assert writing == {
        "WriteCapturedData": ["${ArtifactBucket.Arn}/captures/*"],
        "WriteLogsOfContainers": [f"{logs}/Endpoints/*", f"{logs}/InferenceComponents/*"],
    }


def test_roles_of_models_are_passed_to_sagemaker_only_and_the_role_of_schedules_to_scheduler_only() -> None:
    passing = [(each["Resource"], each["Condition"]) for each in statements_with("iam:PassRole")]
    to = {
        name: {"StringEquals": {"iam:PassedToService": f"{name}.amazonaws.com"}} for name in ("sagemaker", "scheduler")
    }

    assert passing == [
        ({"Ref": "ModelExecutionRoleArns"}, to["sagemaker"]),
        ({"Fn::GetAtt": ["ModelExecutionRole", "Arn"]}, to["sagemaker"]),
        ({"Fn::GetAtt": ["OffHoursRole", "Arn"]}, to["scheduler"]),
        ({"Fn::GetAtt": ["OffHoursRole", "Arn"]}, to["scheduler"]),
    ]


def test_only_schedules_of_the_group_of_the_stack_may_take_the_role_of_schedules() -> None:
    (statement,) = resources_of("AWS::IAM::Role")["OffHoursRole"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": ["OffHoursGroup", "Arn"]},
    }


def test_a_schedule_may_only_start_the_two_machines_and_report_what_did_not_start() -> None:
    policies = resources_of("AWS::IAM::Policy").values()
    (policy,) = (each for each in policies if {"Ref": "OffHoursRole"} in each["Roles"])

    assert policy["Roles"] == [{"Ref": "OffHoursRole"}]
    assert {each["Action"]: each["Resource"] for each in policy["PolicyDocument"]["Statement"]} == {
        "states:StartExecution": [{"Ref": "DeployEndpointStateMachine"}, {"Ref": "RemoveEndpointStateMachine"}],
        "sqs:SendMessage": {"Fn::GetAtt": ["ApprovalsDeadLetterQueue", "Arn"]},
    }


@pytest.mark.parametrize("operation", ["GetSchedule", "CreateSchedule", "UpdateSchedule", "DeleteSchedule"])
def test_only_schedules_of_the_group_of_the_stack_may_be_read_and_changed(operation: str) -> None:
    group = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${OffHoursGroup}/*"

    resources = [statement["Resource"] for statement in statements_with(f"scheduler:{operation}")]

    assert resources == [{"Fn::Sub": group}] * len(resources)
    assert len(resources) > 1


def test_other_accounts_may_send_approvals_and_nothing_else() -> None:
    (policy,) = resources_of("AWS::Events::EventBusPolicy").values()
    (rule,) = (each for each in resources_of("AWS::Events::Rule").values() if "account" in each["EventPattern"])

    assert policy["Statement"]["Principal"] == {"AWS": {"Ref": "ModelPackageOwnerAccounts"}}
    assert policy["Statement"]["Action"] == "events:PutEvents"
    assert policy["Statement"]["Condition"]["StringEquals"] == {
        "events:source": rule["EventPattern"]["source"][0],
        "events:detail-type": rule["EventPattern"]["detail-type"][0],
    }
    assert rule["EventPattern"]["account"]["Fn::If"][2] == [{"Ref": "AWS::AccountId"}]


def test_models_can_be_created_with_or_without_a_permission_check_on_a_package_of_the_same_account() -> None:
    own, others = statements_with("sagemaker:CreateModel")

    account = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"
    assert own["Resource"] == [{"Fn::Sub": f"{account}:model/*"}, {"Fn::Sub": f"{account}:model-package/*"}]
    assert others["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "ModelPackageOwnerAccounts"}}}


def test_keys_are_granted_to_aws_services_only_and_only_the_keys_of_the_parameter() -> None:
    granting = statements_with("kms:CreateGrant")

    assert [(statement["Resource"], statement["Condition"]) for statement in granting] == [
        ({"Ref": "VolumeKeyArns"}, {"Bool": {"kms:GrantIsForAWSResource": True}})
    ] * 2


def test_keys_decrypt_only_what_may_be_read_in_s3() -> None:
    decrypting = statements_with("kms:Decrypt")

    assert [statement["Condition"] for statement in decrypting] == [
        {"StringLike": {"kms:ViaService": {"Fn::Sub": "s3.*.${AWS::URLSuffix}"}}}
    ] * 2


@pytest.mark.parametrize("kind", ["Endpoint", "EndpointConfig", "Model"])
def test_only_what_slipway_tagged_may_be_deleted(kind: str) -> None:
    conditions = [statement.get("Condition") for statement in statements_with(f"sagemaker:Delete{kind}")]

    assert conditions == [{"Null": {"aws:ResourceTag/slipway:execution": "false"}}] * len(conditions)
    assert len(conditions) > 1


def test_only_components_with_slipways_tag_may_be_created_and_changed() -> None:
    creating = statements_with("sagemaker:CreateInferenceComponent")
    changing = [
        *statements_with("sagemaker:UpdateInferenceComponent"),
        *statements_with("sagemaker:DeleteInferenceComponent"),
    ]

    assert {str(each.get("Condition")) for each in creating if "inference-component" in str(each["Resource"])} == {
        str({"Null": {"aws:RequestTag/slipway:execution": "false"}})
    }
    assert {str(each.get("Condition")) for each in changing} == {
        str({"Null": {"aws:ResourceTag/slipway:execution": "false"}})
    }


def test_the_name_of_the_state_machines_log_group_avoids_the_resource_policy_limit() -> None:
    group = resources_of("AWS::Logs::LogGroup")["StateMachinesLogGroup"]["LogGroupName"]

    assert group["Fn::Sub"] == "/aws/vendedlogs/states/${AWS::StackName}"


def test_every_function_logs_to_the_log_group_of_the_stack() -> None:
    groups = [each["LoggingConfig"]["LogGroup"] for each in resources_of("AWS::Lambda::Function").values()]

    assert groups == [{"Ref": "FunctionsLogGroup"}] * len(groups)


def test_the_template_stays_small() -> None:
    """74 resources, as CloudFormation counts them, are a number that a reader can still keep in mind."""
    assert len(project.transformed()["Resources"]) <= 74
    assert len((project.ROOT / "template.yaml").read_text().splitlines()) <= 1_900


def test_the_state_machines_stay_small() -> None:
    lines = [len(path.read_text().splitlines()) for path in (project.ROOT / "statemachine").glob("*.asl.yaml")]

    assert len(lines) == 3
    assert sum(lines) <= 1_060


def test_every_output_is_exported_under_the_name_of_the_stack() -> None:
    for name, output in project.template()["Outputs"].items():
        assert output["Export"]["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}


def test_every_parameter_has_its_label_and_group() -> None:
    interface = project.template()["Metadata"]["AWS::CloudFormation::Interface"]
    parameters = set(project.template()["Parameters"])

    assert set(interface["ParameterLabels"]) == parameters
    assert {name for group in interface["ParameterGroups"] for name in group["Parameters"]} == parameters


STAGES = [("dev", None), ("prod", "NotificationEmail")]


@pytest.mark.parametrize(("stage", "placeholder"), STAGES, ids=["dev", "prod"])
def test_a_stage_has_parameters_of_the_template_and_prod_is_refused_without_a_notified_address(
    stage: str, placeholder: str | None
) -> None:
    settings = tomllib.loads((project.ROOT / "samconfig.toml").read_text())[stage]["deploy"]["parameters"]
    given = dict(each.split("=", 1) for each in settings["parameter_overrides"])
    parameters = project.template()["Parameters"]

    refused = [name for name, value in given.items() if not accepts(parameters[name], value)]

    assert refused == ([placeholder] if placeholder else [])
    assert given["Stage"] == stage


def accepts(parameter: dict[str, Any], value: str) -> bool:
    allowed = map(str, parameter.get("AllowedValues", [value]))
    return value in allowed and re.fullmatch(parameter.get("AllowedPattern", ".*"), value) is not None


def test_stopped_executions_are_rolled_back_unless_the_stack_says_otherwise() -> None:
    assert project.template()["Parameters"]["AbortRollsBack"]["Default"] == "true"


def test_the_settings_of_a_user_go_into_a_file_that_git_ignores() -> None:
    ignored = (project.ROOT / ".gitignore").read_text().splitlines()
    deploying = [
        line
        for document in ("README.md", "docs/deploy.md", "docs/operations.md")
        for line in re.findall(r"^sam deploy --.*", (project.ROOT / document).read_text(), re.MULTILINE)
    ]

    assert "samconfig.mine.toml" in ignored
    assert len(deploying) > 1
    assert [line for line in deploying if "--config-file samconfig.mine.toml" not in line] == []
