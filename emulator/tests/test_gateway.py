import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import error_of

ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT_ID}:user/administrator"

# One call of each service, in its protocol.
CALLS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "sagemaker"}, "DescribeScalableTargets", "*"),
    ("cloudformation", "describe_stacks", {"StackName": "seen"}, "DescribeStacks", "arn:aws:cloudformation:{r}:{a}:stack/seen/*"),
    ("cloudwatch", "describe_alarms", {"AlarmNames": ["seen"]}, "DescribeAlarms", "arn:aws:cloudwatch:{r}:{a}:alarm:seen"),
    ("dynamodb", "get_item", {"TableName": "seen", "Key": {"id": {"S": "1"}}}, "GetItem", "arn:aws:dynamodb:{r}:{a}:table/seen"),
    ("events", "describe_rule", {"Name": "seen"}, "DescribeRule", "arn:aws:events:{r}:{a}:rule/seen"),
    ("iam", "get_role", {"RoleName": "seen"}, "GetRole", "arn:aws:iam::{a}:role/seen"),
    ("kms", "describe_key", {"KeyId": "seen"}, "DescribeKey", "arn:aws:kms:{r}:{a}:key/seen"),
    ("lambda", "get_function", {"FunctionName": "seen", "Qualifier": "live"}, "GetFunction", "arn:aws:lambda:{r}:{a}:function:seen:live"),
    ("logs", "describe_log_streams", {"logGroupName": "/seen"}, "DescribeLogStreams", "arn:aws:logs:{r}:{a}:log-group:/seen"),
    ("s3", "get_object", {"Bucket": "seen-bucket", "Key": "a folder/ü"}, "GetObject", "arn:aws:s3:::seen-bucket/a folder/ü"),
    ("sagemaker", "describe_endpoint", {"EndpointName": "Seen"}, "DescribeEndpoint", "arn:aws:sagemaker:{r}:{a}:endpoint/seen"),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "Seen", "Body": b"{}"}, "InvokeEndpoint", "arn:aws:sagemaker:{r}:{a}:endpoint/seen"),
    ("sns", "publish", {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:seen", "Message": "m"}, "Publish", "arn:aws:sns:{r}:{a}:seen"),
    ("sqs", "get_queue_url", {"QueueName": "seen"}, "GetQueueUrl", "arn:aws:sqs:{r}:{a}:seen"),
    ("ssm", "get_parameter", {"Name": "/seen/parameter:3"}, "GetParameter", "arn:aws:ssm:{r}:{a}:parameter/seen/parameter"),
    ("stepfunctions", "describe_execution", {"executionArn": f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:seen:1"}, "DescribeExecution", "arn:aws:states:{r}:{a}:execution:seen:1"),
    ("sts", "get_caller_identity", {}, "GetCallerIdentity", "*"),
    ("xray", "put_trace_segments", {"TraceSegmentDocuments": ["{}"]}, "PutTraceSegments", "*"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "parameters", "operation", "resource"), CALLS, ids=[c[0] for c in CALLS])
def test_a_call_is_logged_with_its_operation_resource_and_parameters(
    local_aws: LocalAws, service: str, method: str, parameters: dict[str, Any], operation: str, resource: str
) -> None:
    client = local_aws.client(service)
    local_aws.delete("calls")
    with suppress(client.exceptions.ClientError):  # the resource does not exist; the call is logged
        getattr(client, method)(**parameters)

    # containers of other tests may write their logs meanwhile, as their roles
    (call,) = (each for each in local_aws.get("calls") if each["principal"].endswith(":user/administrator"))

    assert (call["service"], call["operation"], call["region"]) == (service, operation, REGION)
    assert call["resource"] == resource.format(r=REGION, a=ACCOUNT_ID)
    assert (call["principal"], call["verdict"], call["derived"]) == (ADMINISTRATOR, "administrator", False)
    sent = {name: value.decode() if isinstance(value, bytes) else value for name, value in parameters.items()}
    assert sent.items() <= call["parameters"].items()


# The same error in every protocol; HEAD has no body, so boto3 has only the status to show.
FAULTY = [
    ("cloudwatch", "describe_alarms", {}, ("Overdone", "too <much> & too soon", 429)),
    ("ec2", "describe_vpcs", {}, ("Overdone", "too <much> & too soon", 429)),
    ("lambda", "list_functions", {}, ("Overdone", "too <much> & too soon", 429)),
    ("s3", "list_buckets", {}, ("Overdone", "too <much> & too soon", 429)),
    ("s3", "head_bucket", {"Bucket": "seen-bucket"}, ("429", "Too Many Requests", 429)),
    ("sagemaker", "list_endpoints", {}, ("Overdone", "too <much> & too soon", 429)),
    ("sns", "list_topics", {}, ("Overdone", "too <much> & too soon", 429)),
    ("sqs", "list_queues", {}, ("Overdone", "too <much> & too soon", 429)),
]


@pytest.mark.parametrize(("service", "method", "parameters", "shown"), FAULTY, ids=[f"{f[0]} {f[1]}" for f in FAULTY])
def test_boto3_raises_an_error_of_the_gateway_as_one_of_the_service(
    local_aws: LocalAws, service: str, method: str, parameters: dict[str, Any], shown: tuple[str, str, int]
) -> None:
    client = local_aws.client(service)
    operation = client.meta.method_to_api_mapping[method]
    error = {"code": "Overdone", "message": "too <much> & too soon", "status": 429}
    local_aws.post("faults", [{"service": service, "operation": operation, "error": error, "times": 1}])

    assert error_of(getattr(client, method), **parameters) == shown


def test_an_operation_without_an_implementation_is_refused(local_aws: LocalAws) -> None:
    code, message, status = error_of(local_aws.client("sagemaker").list_workteams)

    assert (code, status) == ("NotImplemented", 501)
    assert "The local AWS does not model this: The list_workteams action has not been implemented" in message


def test_an_invalid_body_is_refused(local_aws: LocalAws) -> None:
    request = urllib.request.Request(local_aws.url, data=json.dumps({"EndpointName": {}, "Tags": 3}).encode())
    request.add_header("X-Amz-Target", "SageMaker.CreateEndpoint")
    request.add_header("Content-Type", "application/x-amz-json-1.1")
    request.add_header(
        "Authorization", f"AWS4-HMAC-SHA256 Credential=x/20261121/{REGION}/sagemaker/aws4_request, SignedHeaders=h"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    assert refused.value.code == 400
    answer = json.load(refused.value)
    assert answer["__type"] == "SerializationException"
    assert "CreateEndpoint: the request cannot be parsed" in answer["Message"]


def test_a_presigned_url_has_the_rights_of_its_signer(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="presigned-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="presigned-bucket", Key="k", Body=b"content")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned-bucket", "Key": "k"})
    local_aws.delete("calls")

    with urllib.request.urlopen(url) as response:
        assert response.read() == b"content"
    (call,) = local_aws.get("calls")
    assert (call["operation"], call["resource"]) == ("GetObject", "arn:aws:s3:::presigned-bucket/k")


def test_a_large_upload_arrives_whole_and_is_not_kept_in_the_log(local_aws: LocalAws) -> None:
    s3, content = local_aws.client("s3"), bytes(range(256)) * 4096
    s3.create_bucket(Bucket="large-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    local_aws.delete("calls")
    s3.put_object(Bucket="large-bucket", Key="k", Body=content)

    (call,) = local_aws.get("calls")
    assert call["parameters"]["Body"] == f"<{len(content)} bytes>"
    assert s3.get_object(Bucket="large-bucket", Key="k")["Body"].read() == content


def test_a_queue_can_be_called_by_its_url_in_the_query_protocol(local_aws: LocalAws) -> None:
    url = local_aws.client("sqs").create_queue(QueueName="old-style")["QueueUrl"]
    local_aws.delete("calls")
    body = f"Action=SendMessage&QueueUrl={quote(url, safe='')}&MessageBody=hello&Version=2012-11-05"
    request = urllib.request.Request(url, data=body.encode())
    request.add_header(
        "Authorization", f"AWS4-HMAC-SHA256 Credential=x/20261121/{REGION}/sqs/aws4_request, SignedHeaders=h"
    )
    with urllib.request.urlopen(request) as response:
        assert b"SendMessageResponse" in response.read()

    (call,) = local_aws.get("calls")
    assert (call["operation"], call["parameters"]["MessageBody"]) == ("SendMessage", "hello")
    assert call["resource"] == f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:old-style"


def test_pages_of_moto_are_not_api_calls(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    with urllib.request.urlopen(f"{local_aws.url}/moto-api/config") as response:
        assert "batch" in json.load(response)

    assert local_aws.get("calls") == []
