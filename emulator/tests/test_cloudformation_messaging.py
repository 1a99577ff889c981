import json

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.stacks import StackOf

POLICY = '{Version: 2012-10-17, Statement: [{Sid: %s, Effect: Allow, Principal: "*", Action: "%s", Resource: "*"}]}'


def statement_ids(policy: str) -> list[str]:
    return [statement["Sid"] for statement in json.loads(policy)["Statement"]]


def test_topics_are_created_with_subscriptions_policies_and_encryption(local_aws: LocalAws) -> None:
    stack, sns = StackOf(local_aws, "topics"), local_aws.client("sns")
    text = f"""
T:
  Type: AWS::SNS::Topic
  Properties:
    DisplayName: Told
    KmsMasterKeyId: alias/aws/sns
    Tags: [{{Key: own, Value: t}}]
    Subscription: [{{Protocol: sqs, Endpoint: !GetAtt Q.Arn}}]
Q: {{Type: AWS::SQS::Queue}}
P: {{Type: AWS::SNS::TopicPolicy, Properties: {{Topics: [!Ref T], PolicyDocument: {POLICY % ("mine", "sns:Publish")}}}}}
S:
  Type: AWS::SNS::Subscription
  Properties:
    TopicArn: !Ref T
    Protocol: sqs
    Endpoint: !GetAtt Other.Arn
    RawMessageDelivery: true
    FilterPolicy: {{kind: [a]}}
Other: {{Type: AWS::SQS::Queue}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    arn = stack["T"]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert arn.startswith(f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:topics-T-")
    assert (attributes["DisplayName"], attributes["KmsMasterKeyId"]) == ("Told", "alias/aws/sns")
    assert statement_ids(attributes["Policy"]) == ["mine"]
    tags = {tag["Key"]: tag["Value"] for tag in sns.list_tags_for_resource(ResourceArn=arn)["Tags"]}
    assert (tags["own"], tags["aws:cloudformation:logical-id"]) == ("t", "T")
    assert len(sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]) == 2
    own = sns.get_subscription_attributes(SubscriptionArn=stack["S"])["Attributes"]
    assert (own["RawMessageDelivery"], json.loads(own["FilterPolicy"])) == ("true", {"kind": ["a"]})


def test_topics_change_with_the_template(local_aws: LocalAws) -> None:
    stack, sns = StackOf(local_aws, "changed-topics"), local_aws.client("sns")
    before = f"""
T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: A, KmsMasterKeyId: alias/aws/sns}}}}
P: {{Type: AWS::SNS::TopicPolicy, Properties: {{Topics: [!Ref T], PolicyDocument: {POLICY % ("mine", "sns:Publish")}}}}}
S:
  Type: AWS::SNS::Subscription
  Properties: {{TopicArn: !Ref T, Protocol: email, Endpoint: me@example.com, FilterPolicy: {{kind: [a]}}}}
"""
    stack.create(before)
    arn, subscription = stack["T"], stack["S"]

    after = before.replace("A, KmsMasterKeyId: alias/aws/sns", "B").replace("[a]", "[b]")
    assert (
        stack.update("\n".join(line for line in after.splitlines() if not line.startswith("P:"))) == "UPDATE_COMPLETE"
    )

    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (stack["T"], attributes["DisplayName"], attributes.get("KmsMasterKeyId", "")) == (arn, "B", "")
    assert statement_ids(attributes["Policy"]) == ["__default_statement_ID"]
    assert stack["S"] == subscription
    found = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(found["FilterPolicy"]) == {"kind": ["b"]}
    assert stack.delete() == "DELETE_COMPLETE"
    assert arn not in [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]


def test_an_existing_topic_is_not_taken_over(local_aws: LocalAws) -> None:
    local_aws.client("sns").create_topic(Name="theirs")
    stack = StackOf(local_aws, "takes-over")

    assert stack.create("T: {Type: AWS::SNS::Topic, Properties: {TopicName: theirs}}") == "ROLLBACK_COMPLETE"

    assert stack.reason("T", "CREATE_FAILED") == "theirs already exists in stack or account"
    topics = [topic["TopicArn"] for topic in local_aws.client("sns").list_topics()["Topics"]]
    assert f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:theirs" in topics, "the roll back leaves it alone"


def test_queues_are_created_and_changed_with_all_attributes(local_aws: LocalAws) -> None:
    stack, sqs = StackOf(local_aws, "queues"), local_aws.client("sqs")
    text = f"""
Q:
  Type: AWS::SQS::Queue
  Properties:
    MessageRetentionPeriod: 1209600
    SqsManagedSseEnabled: true
    VisibilityTimeout: 45
    RedrivePolicy: {{deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}}
D: {{Type: AWS::SQS::Queue, Properties: {{KmsMasterKeyId: alias/aws/sqs}}}}
P: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: [!Ref Q], PolicyDocument: {POLICY % ("mine", "sqs:SendMessage")}}}}}
"""
    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    url = stack["Q"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["MessageRetentionPeriod"], found["VisibilityTimeout"]) == ("1209600", "45")
    assert found["SqsManagedSseEnabled"] == "true"
    assert json.loads(found["RedrivePolicy"])["maxReceiveCount"] == 3
    assert statement_ids(found["Policy"]) == ["mine"]
    dead = sqs.get_queue_attributes(QueueUrl=stack["D"], AttributeNames=["KmsMasterKeyId"])["Attributes"]
    assert dead == {"KmsMasterKeyId": "alias/aws/sqs"}
    assert stack.update(text.replace("    VisibilityTimeout: 45\n", "").replace("1209600", "60")) == "UPDATE_COMPLETE"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["MessageRetentionPeriod"], found["VisibilityTimeout"]) == ("60", "30")
    assert stack.delete() == "DELETE_COMPLETE"
