"""Two accounts: events from one to the other, and models of the other's packages, if both allow it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import allow, document, error_of, make_role
from support.hosting import ROLE_ARN, Hosting
from support.queues import attributes_of, is_empty, make_queue, next_message
from support.stacks import StackOf
from test_sagemaker_packages import SPECIFICATION

EVENTS = "events.amazonaws.com"
OTHER = "999988887777"
DEFAULT_BUS = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/default"
APPROVAL = {
    "source": "aws.sagemaker",
    "detail-type": "SageMaker Model Package State Change",
    "account": OTHER,
    "detail": {"ModelPackageGroupName": "central", "ModelApprovalStatus": "Approved"},
}


@pytest.fixture
def permitted(local_aws: LocalAws) -> Iterator[None]:
    """Let the default bus accept events of the other account."""
    events = local_aws.client("events")
    events.put_permission(Action="events:PutEvents", Principal=OTHER, StatementId="registry")
    yield
    events.remove_permission(StatementId="registry")


def receive(local_aws: LocalAws, name: str, pattern: dict[str, Any]) -> str:
    """Create a queue for the events that a rule of the own account matches; return its URL."""
    url, queue_arn = make_queue(local_aws, name, EVENTS)
    events = local_aws.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    return url


def send_on(local_aws: LocalAws, name: str, pattern: dict[str, Any], **target: Any) -> None:
    """Let a rule of the other account send its events to the own default bus."""
    events = local_aws.client("events", OTHER)
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "bus", "Arn": DEFAULT_BUS, **target}])


def put(local_aws: LocalAws, source: str, account_id: str = OTHER, **entry: Any) -> dict[str, Any]:
    (answer,) = local_aws.client("events", account_id).put_events(
        Entries=[{"Source": source, "DetailType": "Test", "Detail": "{}", **entry}]
    )["Entries"]
    return dict(answer)


def test_access_key_of_twelve_digits_belongs_to_an_administrator_of_that_account(local_aws: LocalAws) -> None:
    identity = local_aws.client("sts", OTHER).get_caller_identity()

    assert (identity["Account"], identity["Arn"]) == (OTHER, f"arn:aws:iam::{OTHER}:user/administrator")


def test_posted_event_of_another_account_is_refused_unless_the_bus_permits_the_account(local_aws: LocalAws) -> None:
    url = receive(local_aws, "unpermitted", {"source": ["aws.sagemaker"], "account": [OTHER]})

    with pytest.raises(ValueError, match="does not accept events of account") as raised:
        local_aws.post("events", [APPROVAL])

    assert str(raised.value) == (
        f"POST /_emulator/events: /0/account: {DEFAULT_BUS} does not accept events of account {OTHER}. Its policy must "
        "permit that account (PutPermission, AWS::Events::EventBusPolicy). "
        f"User: arn:aws:iam::{OTHER}:user/administrator is not authorized to perform: events:PutEvents on resource: "
        f"{DEFAULT_BUS} because no resource-based policy allows the events:PutEvents action"
    )
    assert is_empty(local_aws, url)


@pytest.mark.usefixtures("permitted")
def test_posted_event_of_a_permitted_account_keeps_its_account(local_aws: LocalAws) -> None:
    url = receive(local_aws, "permitted", {"source": ["aws.sagemaker"], "account": [OTHER]})

    local_aws.post("events", [APPROVAL])

    event = json.loads(next_message(local_aws, url)["Body"])
    assert (event["account"], event["detail"]) == (OTHER, APPROVAL["detail"])


@pytest.mark.usefixtures("permitted")
def test_approval_in_another_account_is_sent_by_a_rule_of_that_account(local_aws: LocalAws) -> None:
    url = receive(local_aws, "registry", {"source": ["aws.sagemaker"], "account": [OTHER]})
    send_on(local_aws, "registry", {"source": ["aws.sagemaker"]})
    sagemaker = local_aws.client("sagemaker", OTHER)

    sagemaker.create_model_package_group(ModelPackageGroupName="sent-on")
    created = sagemaker.create_model_package(
        ModelPackageGroupName="sent-on", InferenceSpecification=SPECIFICATION, ModelApprovalStatus="Approved"
    )

    event = json.loads(next_message(local_aws, url)["Body"])
    assert event["account"] == OTHER
    assert event["resources"] == [created["ModelPackageArn"]]
    assert created["ModelPackageArn"] == f"arn:aws:sagemaker:{REGION}:{OTHER}:model-package/sent-on/1"


def test_bus_without_a_policy_refuses_the_rule_of_another_account(local_aws: LocalAws) -> None:
    url = receive(local_aws, "refusing", {"source": ["refused"]})
    send_on(local_aws, "refusing", {"source": ["refused"]})

    put(local_aws, "refused")

    assert is_empty(local_aws, url)
    denied = [
        (call["principal"], call["resource"])
        for call in local_aws.get("calls")
        if call["action"] == "events:PutEvents" and call["verdict"] == "deny"
    ]
    assert (f"arn:aws:iam::{OTHER}:user/administrator", DEFAULT_BUS) in denied


@pytest.mark.usefixtures("permitted")
def test_role_of_a_rule_needs_the_permission_of_both_accounts(local_aws: LocalAws) -> None:
    url = receive(local_aws, "by-role", {"source": ["by-role"]})
    iam = local_aws.client("iam", OTHER)
    trust = {"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="by-role", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    send_on(local_aws, "by-role", {"source": ["by-role"]}, RoleArn=role)

    put(local_aws, "by-role")
    without = is_empty(local_aws, url)
    rights = document(allow("events:PutEvents", DEFAULT_BUS))
    iam.put_role_policy(RoleName="by-role", PolicyName="send", PolicyDocument=rights)
    put(local_aws, "by-role")

    assert without
    assert json.loads(next_message(local_aws, url)["Body"])["account"] == OTHER


def test_put_events_accepts_the_arn_of_another_accounts_bus(local_aws: LocalAws) -> None:
    url = receive(local_aws, "direct", {"source": ["direct"]})
    events = local_aws.client("events", OTHER)
    entry = {"Source": "direct", "DetailType": "Test", "Detail": "{}", "EventBusName": DEFAULT_BUS}

    code, message, _ = error_of(events.put_events, Entries=[entry])
    local_aws.client("events").put_permission(Action="events:PutEvents", Principal="*", StatementId="everybody")
    events.put_events(Entries=[entry])
    local_aws.client("events").remove_permission(StatementId="everybody")

    assert code == "AccessDeniedException"
    assert "no resource-based policy allows the events:PutEvents action" in message
    assert json.loads(next_message(local_aws, url)["Body"])["account"] == OTHER
    assert is_empty(local_aws, url)


@pytest.mark.usefixtures("permitted")
def test_event_of_another_account_is_not_forwarded_to_a_third(local_aws: LocalAws) -> None:
    third = "111122223333"
    third_bus = f"arn:aws:events:{REGION}:{third}:event-bus/default"
    letters, letters_arn = make_queue(local_aws, "third-letters", EVENTS)
    events = local_aws.client("events")
    events.put_rule(Name="to-third", EventPattern='{"source": ["third"]}')
    target = {"Id": "third", "Arn": third_bus, "DeadLetterConfig": {"Arn": letters_arn}}
    events.put_targets(Rule="to-third", Targets=[target])

    local_aws.post("events", [{**APPROVAL, "source": "third"}])
    of_another = is_empty(local_aws, letters)
    put(local_aws, "third", ACCOUNT_ID)

    assert of_another
    assert attributes_of(next_message(local_aws, letters))["ERROR_CODE"] == "NO_PERMISSIONS"


def test_rule_on_the_bus_of_another_account_is_not_modelled(local_aws: LocalAws) -> None:
    events = local_aws.client("events", OTHER)

    code, message, _ = error_of(events.put_rule, Name="far", EventPattern="{}", EventBusName=DEFAULT_BUS)

    assert code == "NotImplemented"
    assert "rules on event buses of other accounts" in message


def test_stack_permits_accounts_on_a_bus(local_aws: LocalAws) -> None:
    stack, events = StackOf(local_aws, "bus-policies"), local_aws.client("events")
    text = """
B: {{Type: AWS::Events::EventBus, Properties: {{Name: permitting}}}}
P:
  Type: AWS::Events::EventBusPolicy
  Properties:
    EventBusName: !Ref B
    StatementId: one
    Statement:
      Effect: Allow
      Principal: {{AWS: !Sub "arn:${{AWS::Partition}}:iam::{account}:root"}}
      Action: events:PutEvents
      Resource: !GetAtt B.Arn
"""

    def principals() -> list[Any]:
        policy = events.describe_event_bus(Name="permitting").get("Policy", '{"Statement": []}')
        return [(each["Sid"], each["Principal"]) for each in json.loads(policy)["Statement"]]

    assert stack.create(text.format(account=OTHER)) == "CREATE_COMPLETE", stack.failures
    assert principals() == [("one", {"AWS": f"arn:aws:iam::{OTHER}:root"})]
    assert stack.update(text.format(account="111122223333")) == "UPDATE_COMPLETE", stack.failures
    assert principals() == [("one", {"AWS": "arn:aws:iam::111122223333:root"})]
    assert stack.update("B: {Type: AWS::Events::EventBus, Properties: {Name: permitting}}") == "UPDATE_COMPLETE"
    assert principals() == []


def approved_package(local_aws: LocalAws, group: str) -> str:
    """Create an approved package of the other account; return its ARN."""
    sagemaker = local_aws.client("sagemaker", OTHER)
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    created = sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, ModelApprovalStatus="Approved"
    )
    return str(created["ModelPackageArn"])


def share(local_aws: LocalAws, group: str, *actions: str) -> None:
    """Allow the own account `actions` on the packages of the other account's group."""
    resource = f"arn:aws:sagemaker:{REGION}:{OTHER}:model-package/{group}/*"
    statement = {**allow(list(actions), resource), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}}
    local_aws.client("sagemaker", OTHER).put_model_package_group_policy(
        ModelPackageGroupName=group, ResourcePolicy=document(statement)
    )


def test_package_of_another_account_is_described_if_group_policy_and_caller_policy_allow_it(hosting: Hosting) -> None:
    package = approved_package(hosting.aws, "shared")
    everything = make_role(hosting.aws, allow("sagemaker:*"))
    nothing = make_role(hosting.aws, allow("sagemaker:DescribeModelPackage", "arn:aws:sagemaker:*:*:endpoint/*"))

    def refused(client: Any) -> str:
        code, message, _ = error_of(client.describe_model_package, ModelPackageName=package)
        assert code == "AccessDeniedException"
        return message.rpartition("because ")[2]

    unshared = "no resource-based policy allows the sagemaker:DescribeModelPackage action"
    assert refused(everything.client("sagemaker")) == unshared
    assert refused(hosting.sagemaker) == unshared
    share(hosting.aws, "shared", "sagemaker:DescribeModelPackage")
    described = everything.client("sagemaker").describe_model_package(ModelPackageName=package)
    assert described["ModelPackageArn"] == package
    assert hosting.sagemaker.describe_model_package(ModelPackageName=package)["ModelPackageVersion"] == 1
    assert refused(nothing.client("sagemaker")) == (
        "no identity-based policy allows the sagemaker:DescribeModelPackage action"
    )


def test_model_of_another_accounts_package_needs_create_model_on_the_package(hosting: Hosting) -> None:
    package = approved_package(hosting.aws, "deployable")
    models = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model/*"
    rights = allow(["iam:PassRole", "sagemaker:DescribeModelPackage"])
    narrow = make_role(hosting.aws, rights, allow("sagemaker:CreateModel", models))
    wide = make_role(hosting.aws, rights, allow("sagemaker:CreateModel", [models, package]))
    request = {
        "ModelName": "of-another-account",
        "ExecutionRoleArn": ROLE_ARN,
        "Containers": [{"ModelPackageName": package}],
    }
    share(hosting.aws, "deployable", "sagemaker:DescribeModelPackage")

    unshared = error_of(wide.client("sagemaker").create_model, **request)
    share(hosting.aws, "deployable", "sagemaker:DescribeModelPackage", "sagemaker:CreateModel")
    unallowed = error_of(narrow.client("sagemaker").create_model, **request)
    wide.client("sagemaker").create_model(**request)

    for (code, message, _), kind in ((unshared, "resource-based"), (unallowed, "identity-based")):
        assert code == "AccessDeniedException"
        assert f"sagemaker:CreateModel on resource: {package} because no {kind} policy allows" in message
    assert ("sagemaker:CreateModel", package, "allow") in wide.checks()
    hosting.endpoint("of-another-account", hosting.variant("of-another-account"))
    assert hosting.status("of-another-account") == "InService"


def test_policy_of_a_group_can_be_read_replaced_and_deleted(hosting: Hosting) -> None:
    sagemaker = hosting.sagemaker
    group_arn = sagemaker.create_model_package_group(ModelPackageGroupName="governed")["ModelPackageGroupArn"]
    policy = document({**allow("sagemaker:DescribeModelPackageGroup", group_arn), "Principal": {"AWS": OTHER}})
    missing = (f"Cannot find resource policy for: {group_arn}", "ValidationException")

    def absent(operation: str) -> bool:
        code, message, _ = error_of(getattr(sagemaker, operation), ModelPackageGroupName="governed")
        return (message, code) == missing

    assert absent("get_model_package_group_policy")
    answer = sagemaker.put_model_package_group_policy(ModelPackageGroupName="governed", ResourcePolicy=policy)
    assert answer["ModelPackageGroupArn"] == group_arn
    assert sagemaker.get_model_package_group_policy(ModelPackageGroupName="governed")["ResourcePolicy"] == policy
    described = hosting.aws.client("sagemaker", OTHER).describe_model_package_group(ModelPackageGroupName=group_arn)
    assert described["ModelPackageGroupName"] == "governed"
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName="governed")
    assert absent("delete_model_package_group_policy")


def test_creating_in_and_listing_another_accounts_group_is_not_modelled(hosting: Hosting) -> None:
    approved_package(hosting.aws, "foreign")
    group_arn = f"arn:aws:sagemaker:{REGION}:{OTHER}:model-package-group/foreign"

    code, message, _ = error_of(hosting.sagemaker.list_model_packages, ModelPackageGroupName=group_arn)

    assert (code, message) == (
        "NotImplemented",
        "The local AWS does not model this: creating and listing the model packages of another account's group",
    )
