import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.hosting import refused
from support.stacks import StackOf

FIRST_AND_SECOND = """
First: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: 1}}
Second: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref First}}
"""
# No parameter name begins with "aws".
FAILING = "Bad: {Type: AWS::SSM::Parameter, Properties: {Name: aws-bad, Type: String, Value: !Ref Second}}"


def value(aws: LocalAws, name: str) -> str:
    text: str = aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return text


def exists(aws: LocalAws, name: str) -> bool:
    return bool(aws.client("ssm").get_parameters(Names=[name])["Parameters"])


def test_resources_are_created_after_their_dependencies(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "ordered")
    text = """
C: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'x${B}'}}
B: {Type: AWS::SSM::Parameter, DependsOn: A, Properties: {Type: String, Value: b}}
A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: a}}
"""

    assert stack.create(text) == "CREATE_COMPLETE"

    assert stack.story == [
        "ordered CREATE_IN_PROGRESS",
        *[f"{name} {status}" for name in "ABC" for status in ("CREATE_IN_PROGRESS",) * 2 + ("CREATE_COMPLETE",)],
        "ordered CREATE_COMPLETE",
    ]
    assert value(local_aws, stack["C"]) == f"x{stack['B']}"


def test_a_failed_create_deletes_its_resources_in_reverse_order_and_has_the_reason(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "failed-create")

    assert stack.create(FIRST_AND_SECOND + FAILING) == "ROLLBACK_COMPLETE"

    assert stack.story[-8:] == [
        "Bad CREATE_IN_PROGRESS",
        "Bad CREATE_FAILED",
        "failed-create ROLLBACK_IN_PROGRESS",
        "Second DELETE_IN_PROGRESS",
        "Second DELETE_COMPLETE",
        "First DELETE_IN_PROGRESS",
        "First DELETE_COMPLETE",
        "failed-create ROLLBACK_COMPLETE",
    ]
    why = stack.reason("Bad", "CREATE_FAILED")
    assert why.startswith('Resource handler returned message: "Parameter name: can\'t be prefixed with "aws" or "ssm"')
    assert why.endswith("HandlerErrorCode: InvalidRequest)")
    assert stack.reason("failed-create", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    assert not exists(local_aws, stack["First"])
    with refused(
        "ValidationError",
        f"Stack:{stack.described['StackId']} is in ROLLBACK_COMPLETE state and can not be updated.",
    ):
        stack.update(FIRST_AND_SECOND)


def test_a_failed_create_can_be_kept_and_fixed(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "kept-wreck")

    assert stack.create(FIRST_AND_SECOND + FAILING, DisableRollback=True) == "CREATE_FAILED"

    assert exists(local_aws, stack["First"])
    assert stack.update(FIRST_AND_SECOND + FAILING.replace("aws-bad", "kept-wreck-good")) == "UPDATE_COMPLETE"
    assert value(local_aws, "kept-wreck-good") == stack["Second"]


def test_a_failed_create_can_delete_the_stack(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "failed-and-deleted")

    stack.api.create_stack(
        StackName=stack.name, TemplateBody=f"Resources:\n  {FAILING.replace('!Ref Second', 'x')}", OnFailure="DELETE"
    )

    with refused("ValidationError", "Stack with id failed-and-deleted does not exist"):
        _ = stack.status


def test_an_update_changes_only_resources_whose_resolved_properties_differ(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "updated")
    text = """
Parameters: {Suffix: {Type: String}}
Resources:
  Same: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: a}}
  Different: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'x${Suffix}'}}
  Spelled: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Join ['', [a, b]]}}
"""
    stack.create(text, Parameters={"Suffix": "1"})
    name, already = stack["Different"], len(stack.story)

    status = stack.update(text.replace("!Join ['', [a, b]]", "ab"), Parameters={"Suffix": "2"})

    assert status == "UPDATE_COMPLETE"
    assert stack.story[already:] == [
        "updated UPDATE_IN_PROGRESS",
        "Different UPDATE_IN_PROGRESS",
        "Different UPDATE_COMPLETE",
        "updated UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "updated UPDATE_COMPLETE",
    ]
    assert (stack["Different"], value(local_aws, name)) == (name, "x2")


def test_an_update_adds_first_and_removes_last(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "added-and-removed")
    stack.create(FIRST_AND_SECOND)
    first, already = stack["First"], len(stack.story)

    stack.update(FIRST_AND_SECOND.replace("First", "Third"))

    assert stack.story[already:] == [
        "added-and-removed UPDATE_IN_PROGRESS",
        "Third CREATE_IN_PROGRESS",
        "Third CREATE_IN_PROGRESS",
        "Third CREATE_COMPLETE",
        "Second UPDATE_IN_PROGRESS",
        "Second UPDATE_COMPLETE",
        "added-and-removed UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "First DELETE_IN_PROGRESS",
        "First DELETE_COMPLETE",
        "added-and-removed UPDATE_COMPLETE",
    ]
    assert not exists(local_aws, first)


def test_changing_an_immutable_property_replaces_the_resource(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "replaced")
    stack.create(
        "Q: {Type: AWS::SQS::Queue}\nName: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Q}}"
    )
    old = stack["Q"]

    stack.update(
        "Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n"
        "Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Q}}"
    )

    assert stack["Q"] != old
    assert value(local_aws, stack["Name"]) == stack["Q"]
    queues = local_aws.client("sqs").list_queues(QueueNamePrefix="replaced-")["QueueUrls"]
    assert queues == [stack["Q"]]
    story = stack.story
    assert story.index("Name UPDATE_COMPLETE") < story.index("Q DELETE_IN_PROGRESS")


def test_a_resource_with_a_custom_name_cannot_be_replaced(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "custom-named")
    stack.create("T: {Type: AWS::SNS::Topic, Properties: {TopicName: custom}}")

    status = stack.update("T: {Type: AWS::SNS::Topic, Properties: {TopicName: custom, FifoTopic: true}}")

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.reason("T", "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename custom and update the stack again."
    )
    assert stack["T"] == f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:custom"


def test_a_failed_update_restores_the_previous_resources(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "failed-update")
    stack.create(FIRST_AND_SECOND + "Q: {Type: AWS::SQS::Queue}", Tags={"kind": "before"})
    first, queue, already = stack["First"], stack["Q"], len(stack.story)
    changed = FIRST_AND_SECOND.replace("Value: 1", "Value: 2").replace("Value: !Ref First", "Value: other")

    status = stack.update(
        f"{changed}Q: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true}}}}\n"
        f"New: {{Type: AWS::SSM::Parameter, Properties: {{Name: failed-update-new, Type: String, Value: n}}}}\n{FAILING}",
        Tags={"kind": "after"},
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    story = stack.story[already:]
    assert story[story.index("Bad CREATE_FAILED") + 1 :] == [
        "failed-update UPDATE_ROLLBACK_IN_PROGRESS",
        "Second UPDATE_IN_PROGRESS",
        "Second UPDATE_COMPLETE",
        "First UPDATE_IN_PROGRESS",
        "First UPDATE_COMPLETE",
        "failed-update UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "New DELETE_IN_PROGRESS",
        "New DELETE_COMPLETE",
        "Q DELETE_IN_PROGRESS",
        "Q DELETE_COMPLETE",
        "failed-update UPDATE_ROLLBACK_COMPLETE",
    ]
    assert (value(local_aws, first), value(local_aws, stack["Second"])) == ("1", first)
    assert stack["Q"] == queue
    assert local_aws.client("sqs").list_queues(QueueNamePrefix="failed-update-")["QueueUrls"] == [queue]
    assert not exists(local_aws, "failed-update-new")
    assert stack.described["Tags"] == [{"Key": "kind", "Value": "before"}]
    assert stack.update(FIRST_AND_SECOND) == "UPDATE_COMPLETE"


def test_retained_resources_outlive_their_stack(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "retained")
    text = "Kept: {Type: AWS::SSM::Parameter, DeletionPolicy: Retain, Properties: {Type: String, Value: 1}}"
    stack.create(f"{text}\nGone: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: 1}}}}")
    kept, gone, stack_id = stack["Kept"], stack["Gone"], stack.described["StackId"]

    assert stack.delete() == "DELETE_COMPLETE"

    assert (exists(local_aws, kept), exists(local_aws, gone)) == (True, False)
    story = StackOf(local_aws, stack_id).story
    assert "Kept DELETE_SKIPPED" in story
    assert "Gone DELETE_COMPLETE" in story


def test_a_replaced_resource_is_kept_by_its_policy(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "replaced-and-kept")
    stack.create("Q: {Type: AWS::SQS::Queue, UpdateReplacePolicy: Retain}")
    old = stack["Q"]

    stack.update("Q: {Type: AWS::SQS::Queue, UpdateReplacePolicy: Retain, Properties: {FifoQueue: true}}")

    queues = local_aws.client("sqs").list_queues(QueueNamePrefix="replaced-and-kept-")["QueueUrls"]
    assert sorted(queues) == sorted([old, stack["Q"]])


@pytest.mark.parametrize(("stage", "kept"), [("prod", True), ("dev", False)])
def test_deletion_and_replacement_policies_can_be_functions(local_aws: LocalAws, stage: str, kept: bool) -> None:
    stack = StackOf(local_aws, f"policies-{stage}")
    text = """
Parameters: {Stage: {Type: String}, Policy: {Type: String, Default: %s}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  P:
    Type: AWS::SSM::Parameter
    DeletionPolicy: !If [IsProd, Retain, Delete]
    Properties: {Type: String, Value: 1}
  Q: {Type: AWS::SQS::Queue, UpdateReplacePolicy: !Ref Policy%s}
"""
    policy, parameters = ("Retain" if kept else "Delete"), {"Stage": stage}
    stack.create(text % (policy, ""), Parameters=parameters)
    parameter, queue = stack["P"], stack["Q"]

    replaced = stack.update(text % (policy, ", Properties: {FifoQueue: true}"), Parameters=parameters)
    queues = local_aws.client("sqs").list_queues(QueueNamePrefix=f"policies-{stage}-")["QueueUrls"]

    assert replaced == "UPDATE_COMPLETE", stack.failures
    assert (queue in queues) == kept
    assert stack.delete() == "DELETE_COMPLETE"
    assert exists(local_aws, parameter) == kept


def test_a_failed_delete_lists_resources_that_can_be_retained(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "failed-delete")
    stack.create("B: {Type: AWS::S3::Bucket}\nT: {Type: AWS::SNS::Topic}")
    bucket = stack["B"]
    local_aws.client("s3").put_object(Bucket=bucket, Key="full")

    assert stack.delete() == "DELETE_FAILED"

    assert stack.described["StackStatusReason"] == "The following resource(s) failed to delete: [B]. "
    assert "The bucket you tried to delete is not empty" in stack.reason("B", "DELETE_FAILED")
    stack_id = stack.described["StackId"]
    stack.api.delete_stack(StackName=stack.name, RetainResources=["B"])
    assert StackOf(local_aws, stack_id).status == "DELETE_COMPLETE"
    assert local_aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_protected_stack_cannot_be_deleted(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "protected")
    stack.create("T: {Type: AWS::SNS::Topic}", EnableTerminationProtection=True)

    with refused("ValidationError", "Stack [protected] cannot be deleted while TerminationProtection is enabled"):
        stack.api.delete_stack(StackName="protected")

    stack.api.update_termination_protection(StackName="protected", EnableTerminationProtection=False)
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_name_is_free_again_when_its_stack_is_deleted(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "again")
    stack.create("T: {Type: AWS::SNS::Topic}")
    with pytest.raises(ClientError, match=r"AlreadyExistsException.* Stack \[again\] already exists"):
        stack.create("T: {Type: AWS::SNS::Topic}")
    first = stack.described["StackId"]

    stack.delete()

    assert stack.create("T: {Type: AWS::SNS::Topic}") == "CREATE_COMPLETE"
    assert stack.described["StackId"] != first
    assert StackOf(local_aws, first).status == "DELETE_COMPLETE"
    listed = stack.api.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert first in [summary["StackId"] for summary in listed]


def test_an_update_without_a_change_is_refused(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "unchanged")
    stack.create(FIRST_AND_SECOND)

    with refused("ValidationError", "No updates are to be performed."):
        stack.update(FIRST_AND_SECOND)


def test_stack_tags_are_set_on_every_resource_that_supports_tags(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "tagged")
    text = """
Q: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: own, Value: q}, {Key: stage, Value: mine}]}}
P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Tags: {own: p}}}
"""
    stack.create(text, Tags={"stage": "dev", "team": "ml"})

    sqs, ssm = local_aws.client("sqs"), local_aws.client("ssm")
    assert sqs.list_queue_tags(QueueUrl=stack["Q"])["Tags"] == {"own": "q", "stage": "mine", "team": "ml"}
    stack.update(text, Tags={"stage": "prod"})

    listed = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=stack["P"])["TagList"]
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    assert (tags["own"], tags["stage"], "team" in tags) == ("p", "prod", False)
    assert tags["aws:cloudformation:stack-name"] == "tagged"
    assert tags["aws:cloudformation:logical-id"] == "P"
    assert sqs.list_queue_tags(QueueUrl=stack["Q"])["Tags"] == {"own": "q", "stage": "mine"}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("{Value: x, Type: String, Colour: red}", "#: extraneous key [Colour] is not permitted"),
        ("{Value: x}", "#: required key [Type] not found"),
        ("{Value: [x], Type: String}", "#/Value: expected type: String, found: JSONArray"),
        ("{Value: x, Type: Strings}", "#/Type: Strings is not a valid enum value"),
    ],
)
def test_properties_are_checked_against_the_schema_of_their_type(
    local_aws: LocalAws, properties: str, message: str
) -> None:
    stack = StackOf(local_aws, f"schema-{abs(hash(properties))}")

    assert stack.create(f"P: {{Type: AWS::SSM::Parameter, Properties: {properties}}}") == "ROLLBACK_COMPLETE"

    assert (
        stack.reason("P", "CREATE_FAILED") == f"Properties validation failed for resource P with message:\n[{message}]"
    )


def test_text_is_accepted_for_numbers_and_booleans(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "text-for-numbers")
    text = """
Parameters: {Seconds: {Type: Number, Default: 45}, Encrypted: {Type: String, Default: 'true'}}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: !Ref Seconds, SqsManagedSseEnabled: !Ref Encrypted}
  L: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: '7'}}
"""

    assert stack.create(text) == "CREATE_COMPLETE"

    (group,) = local_aws.client("logs").describe_log_groups(logGroupNamePrefix=stack["L"])["logGroups"]
    assert group["retentionInDays"] == 7


def test_each_event_of_a_stack_is_newer_than_the_previous_one(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "newer-events")
    queues = "\n".join(f"Q{number}: {{Type: AWS::SQS::Queue}}" for number in range(6))

    assert stack.create(queues) == "CREATE_COMPLETE", stack.failures

    times = [event["Timestamp"] for event in stack.events]
    assert times == sorted(set(times)), "sam skips an event that is not newer than the last that it has seen"
