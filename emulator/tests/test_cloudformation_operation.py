"""Resources for the operation of applications: keys, logs, alarms, rules, schedules, parameters, buckets, tables."""

import json

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import error_of
from support.functions import make_role
from support.stacks import StackOf


def test_a_key_has_policy_rotation_tags_and_alias(local_aws: LocalAws) -> None:
    stack, kms = StackOf(local_aws, "keys"), local_aws.client("kms")
    text = """
K:
  Type: AWS::KMS::Key
  Properties:
    Description: one
    EnableKeyRotation: true
    PendingWindowInDays: 7
    Tags: [{Key: own, Value: k}]
    KeyPolicy:
      Version: 2012-10-17
      Statement:
        - Sid: Mine
          Effect: Allow
          Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}
          Action: 'kms:*'
          Resource: '*'
A: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/keys-test, TargetKeyId: !Ref K}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    key = stack["K"]
    assert kms.describe_key(KeyId="alias/keys-test")["KeyMetadata"]["KeyId"] == key
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"][0]["Sid"] == "Mine"
    assert {"TagKey": "own", "TagValue": "k"} in kms.list_resource_tags(KeyId=key)["Tags"]
    assert stack.update(text.replace("one", "two").replace("Rotation: true", "Rotation: false")) == "UPDATE_COMPLETE"
    assert not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "two"
    assert stack.delete() == "DELETE_COMPLETE"
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"


def test_log_groups_with_streams_filters_and_subscriptions(local_aws: LocalAws) -> None:
    stack, logs = StackOf(local_aws, "log-groups"), local_aws.client("logs")
    text = """
G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /log-groups/g, RetentionInDays: 7, Tags: [{Key: own, Value: g}]}}
S: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref G}}
F:
  Type: AWS::Logs::MetricFilter
  Properties:
    LogGroupName: !Ref G
    FilterPattern: ERROR
    MetricTransformations: [{MetricName: Errors, MetricNamespace: Mine, MetricValue: '1'}]
P:
  Type: AWS::Logs::ResourcePolicy
  Properties: {PolicyName: log-groups, PolicyDocument: '{"Version": "2012-10-17", "Statement": []}'}
Outputs: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt G.Arn}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    (group,) = logs.describe_log_groups(logGroupNamePrefix="/log-groups/g")["logGroups"]
    assert (group["retentionInDays"], group["arn"]) == (
        7,
        f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/log-groups/g:*",
    )
    assert logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]["own"] == "g"
    (metric_filter,) = logs.describe_metric_filters(logGroupName="/log-groups/g")["metricFilters"]
    assert (metric_filter["filterName"], metric_filter["filterPattern"]) == (stack["F"], "ERROR")
    policies = logs.describe_resource_policies()["resourcePolicies"]
    assert "log-groups" in [policy["policyName"] for policy in policies]
    assert stack.update(text.replace("RetentionInDays: 7, ", "")) == "UPDATE_COMPLETE", stack.failures
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/log-groups/g")["logGroups"]
    assert "retentionInDays" not in group
    assert stack.delete() == "DELETE_COMPLETE"
    assert not logs.describe_log_groups(logGroupNamePrefix="/log-groups/g")["logGroups"]


def test_alarms_and_dashboards(local_aws: LocalAws) -> None:
    stack, cloudwatch = StackOf(local_aws, "alarms"), local_aws.client("cloudwatch")
    text = """
A:
  Type: AWS::CloudWatch::Alarm
  Properties:
    AlarmName: alarms-a
    Namespace: AWS/SQS
    MetricName: ApproximateNumberOfMessagesVisible
    Dimensions: [{Name: QueueName, Value: q}]
    Statistic: Maximum
    Period: 60
    EvaluationPeriods: '1'
    Threshold: 1
    ComparisonOperator: GreaterThanOrEqualToThreshold
    Tags: [{Key: own, Value: a}]
D:
  Type: AWS::CloudWatch::Dashboard
  Properties: {DashboardBody: '{"widgets": []}', Tags: [{Key: own, Value: a}]}
"""

    def own_tag(arn: str) -> str:
        tags = {each["Key"]: each["Value"] for each in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]}
        return str(tags["own"])

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    (metric,) = cloudwatch.describe_alarms(AlarmNames=["alarms-a"])["MetricAlarms"]
    assert (metric["Threshold"], metric["EvaluationPeriods"]) == (1.0, 1)
    dashboard = cloudwatch.get_dashboard(DashboardName=stack["D"])
    assert dashboard["DashboardBody"] == '{"widgets": []}'
    assert (own_tag(metric["AlarmArn"]), own_tag(dashboard["DashboardArn"])) == ("a", "a")
    assert (
        stack.update(text.replace("Threshold: 1", "Threshold: 5").replace("Value: a}", "Value: b}"))
        == "UPDATE_COMPLETE"
    )
    (metric,) = cloudwatch.describe_alarms(AlarmNames=["alarms-a"])["MetricAlarms"]
    assert metric["Threshold"] == 5.0
    assert (own_tag(metric["AlarmArn"]), own_tag(dashboard["DashboardArn"])) == ("b", "b")
    assert stack.delete() == "DELETE_COMPLETE"
    assert not cloudwatch.describe_alarms(AlarmNames=["alarms-a"])["MetricAlarms"]


def test_rules_have_their_targets_as_written(local_aws: LocalAws) -> None:
    role = make_role(local_aws, "cloudformation-rules", service="events.amazonaws.com")
    stack, events = StackOf(local_aws, "rules-and-buses"), local_aws.client("events")
    text = f"""
B: {{Type: AWS::Events::EventBus, Properties: {{Name: rules-and-buses}}}}
R:
  Type: AWS::Events::Rule
  Properties:
    EventBusName: !Ref B
    Description: one
    EventPattern: {{source: [mine], detail: {{state: [{{exists: true}}]}}}}
    Targets:
      - Id: Machine
        Arn: !Sub arn:aws:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:m
        RoleArn: {role}
        RetryPolicy: {{MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 3600}}
        DeadLetterConfig: {{Arn: !GetAtt Q.Arn}}
        InputTransformer: {{InputPathsMap: {{s: $.detail.state}}, InputTemplate: '{{"s": <s>}}'}}
      - Id: Queue
        Arn: !GetAtt Q.Arn
Q: {{Type: AWS::SQS::Queue}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    which = {"Name": stack["R"], "EventBusName": "rules-and-buses"}
    described = events.describe_rule(**which)
    assert described["Arn"] == f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/rules-and-buses/{stack['R']}"
    assert json.loads(described["EventPattern"])["detail"] == {"state": [{"exists": True}]}
    targets = events.list_targets_by_rule(Rule=stack["R"], EventBusName="rules-and-buses")["Targets"]
    machine = {target["Id"]: target for target in targets}["Machine"]
    assert machine["RoleArn"] == role
    assert machine["RetryPolicy"] == {"MaximumRetryAttempts": 8, "MaximumEventAgeInSeconds": 3600}
    assert machine["InputTransformer"]["InputPathsMap"] == {"s": "$.detail.state"}
    assert "DeadLetterConfig" in machine
    changed = text.replace("one", "two").replace("      - Id: Queue\n        Arn: !GetAtt Q.Arn\n", "")
    assert stack.update(changed) == "UPDATE_COMPLETE", stack.failures
    assert events.describe_rule(**which)["Description"] == "two"
    targets = events.list_targets_by_rule(Rule=stack["R"], EventBusName="rules-and-buses")["Targets"]
    assert [target["Id"] for target in targets] == ["Machine"]
    assert stack.delete() == "DELETE_COMPLETE"


def test_schedules_and_their_groups(local_aws: LocalAws) -> None:
    role = make_role(local_aws, "cloudformation-schedules", service="scheduler.amazonaws.com")
    stack, scheduler = StackOf(local_aws, "schedules"), local_aws.client("scheduler")
    text = f"""
G: {{Type: AWS::Scheduler::ScheduleGroup, Properties: {{Tags: [{{Key: team, Value: one}}]}}}}
S:
  Type: AWS::Scheduler::Schedule
  Properties:
    GroupName: !Ref G
    ScheduleExpression: rate(1 hour)
    FlexibleTimeWindow: {{Mode: 'OFF'}}
    Target: {{Arn: !GetAtt Q.Arn, RoleArn: {role}, Input: '{{}}'}}
Q: {{Type: AWS::SQS::Queue}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    which = {"Name": stack["S"], "GroupName": stack["G"]}
    assert scheduler.get_schedule(**which)["ScheduleExpression"] == "rate(1 hour)"
    changed = text.replace("1 hour", "2 hours").replace("Value: one", "Value: two")
    assert stack.update(changed) == "UPDATE_COMPLETE", stack.failures
    assert stack["G"] == which["GroupName"]
    group_arn = scheduler.get_schedule_group(Name=stack["G"])["Arn"]
    tags = scheduler.list_tags_for_resource(ResourceArn=group_arn)["Tags"]
    assert {"Key": "team", "Value": "two"} in tags
    assert scheduler.get_schedule(**which)["ScheduleExpression"] == "rate(2 hours)"
    assert stack.delete() == "DELETE_COMPLETE"


def test_buckets_have_versioning_encryption_and_access_blocks(local_aws: LocalAws) -> None:
    stack, s3 = StackOf(local_aws, "Buckets"), local_aws.client("s3")
    text = """
B:
  Type: AWS::S3::Bucket
  Properties:
    VersioningConfiguration: {Status: Enabled}
    BucketEncryption:
      ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true, ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms'}}]
    PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
    LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, ExpirationInDays: 30}]}
    Tags: [{Key: own, Value: b}]
P:
  Type: AWS::S3::BucketPolicy
  Properties:
    Bucket: !Ref B
    PolicyDocument:
      Version: 2012-10-17
      Statement: {Effect: Deny, Principal: "*", Action: "s3:PutObject", Resource: !Sub "${B.Arn}/closed/*"}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    name = stack["B"]
    assert name.startswith("buckets-b-")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert (rule["ID"], rule["Expiration"]) == ("old", {"Days": 30})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "own", "Value": "b"}]
    assert error_of(s3.put_object, Bucket=name, Key="closed/k")[0] == "AccessDenied"
    assert stack.update(text.replace("Status: Enabled}", "Status: Suspended}", 1)) == "UPDATE_COMPLETE"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Suspended"
    assert stack.delete() == "DELETE_COMPLETE"


def test_tables_have_indexes_streams_and_lifetimes(local_aws: LocalAws) -> None:
    stack, dynamodb = StackOf(local_aws, "tables"), local_aws.client("dynamodb")
    text = """
T:
  Type: AWS::DynamoDB::Table
  Properties:
    BillingMode: PAY_PER_REQUEST
    AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: kind, AttributeType: S}]
    KeySchema: [{AttributeName: id, KeyType: HASH}]
    GlobalSecondaryIndexes:
      - {IndexName: kinds, KeySchema: [{AttributeName: kind, KeyType: HASH}], Projection: {ProjectionType: ALL}}
    StreamSpecification: {StreamViewType: NEW_IMAGE}
    TimeToLiveSpecification: {AttributeName: until, Enabled: true}
    PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
    Tags: [{Key: own, Value: t}]
S: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt T.StreamArn}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    name = stack["T"]
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["kinds"]
    stored = local_aws.client("ssm").get_parameter(Name=stack["S"])["Parameter"]["Value"]
    assert stored == table["LatestStreamArn"]
    lifetime = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert lifetime["AttributeName"] == "until"
    assert {"Key": "own", "Value": "t"} in dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    without_index = text.replace("IndexName: kinds", "IndexName: other")
    assert stack.update(without_index) == "UPDATE_COMPLETE", stack.failures
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["other"]
    assert stack.delete() == "DELETE_COMPLETE"
