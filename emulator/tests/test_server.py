import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import LocalAws

BUCKET = "server-bodies"


@pytest.fixture
def connection(local_aws: LocalAws) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(local_aws.url.removeprefix("http://"), timeout=10)
    yield opened
    opened.close()


@pytest.fixture
def bucket(local_aws: LocalAws) -> str:
    location = {"LocationConstraint": "eu-west-1"}
    s3 = local_aws.client("s3")
    if BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return BUCKET


def signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"administrator/20261121/eu-west-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0", **headers}


def sagemaker(connection: http.client.HTTPConnection, operation: str, body: Any) -> tuple[int, Any]:
    headers = {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    connection.request("POST", "/", json.dumps(body), signed("sagemaker", **headers))
    answer = connection.getresponse()
    return answer.status, json.load(answer)


def test_a_connection_takes_one_request_after_another(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    first = connection.sock

    answers = [
        sagemaker(connection, "ListEndpoints", {"NameContains": "no-such-endpoint"}),
        sagemaker(connection, "DescribeEndpoint", {"EndpointName": "no-such-endpoint"}),
        sagemaker(connection, "DeleteEndpoint", {"EndpointName": "x" * 100_000}),
        sagemaker(connection, "ListEndpoints", {"NameContains": "no-such-endpoint"}),
    ]

    assert [status for status, _ in answers] == [200, 400, 400, 200]
    assert connection.sock is first


def test_a_connection_ends_where_the_client_says_so(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/_emulator/health", headers={"Connection": "close"})
    answer = connection.getresponse()

    assert json.load(answer) == {"status": "ok"}
    assert answer.getheader("Connection") == "close"


def test_a_body_in_chunks_is_read_to_its_end(connection: http.client.HTTPConnection, bucket: str) -> None:
    connection.request("PUT", f"/{bucket}/chunks", iter([b"one", b"two"]), signed("s3"), encode_chunked=True)
    connection.getresponse().read()

    connection.request("GET", f"/{bucket}/chunks", headers=signed("s3"))

    assert connection.getresponse().read() == b"onetwo"


def test_a_head_request_is_answered_with_the_length_and_no_body(
    connection: http.client.HTTPConnection, bucket: str, local_aws: LocalAws
) -> None:
    local_aws.client("s3").put_object(Bucket=bucket, Key="head", Body=b"12345")

    connection.request("HEAD", f"/{bucket}/head", headers=signed("s3"))
    answer = connection.getresponse()

    assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (200, "5", b"")
    connection.request("GET", f"/{bucket}/head", headers=signed("s3"))
    assert connection.getresponse().read() == b"12345"


def test_a_client_that_waits_for_100_continue_gets_it_before_it_sends_the_body(
    local_aws: LocalAws, bucket: str
) -> None:
    host, port = local_aws.url.removeprefix("http://").split(":")
    head = [f"PUT /{bucket}/continued HTTP/1.1", f"Host: {host}:{port}", "Expect: 100-continue", "Content-Length: 4"]
    head += [f"{name}: {value}" for name, value in signed("s3", Connection="close").items()]
    with socket.create_connection((host, int(port)), timeout=10) as client, client.makefile("rb") as answers:
        client.sendall("\r\n".join([*head, "", ""]).encode())
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answers.readline() == b"\r\n"
        client.sendall(b"body")
        assert answers.readline() == b"HTTP/1.1 200 OK\r\n"

    assert local_aws.client("s3").get_object(Bucket=bucket, Key="continued")["Body"].read() == b"body"


def test_a_browser_is_told_that_its_origin_may_read_the_answer(connection: http.client.HTTPConnection) -> None:
    headers = {"X-Amz-Target": "SageMaker.ListEndpoints", "Content-Type": "application/x-amz-json-1.1"}
    origin = "http://dashboard.example"

    connection.request("POST", "/", "{}", signed("sagemaker", **headers, Origin=origin))
    answer = connection.getresponse()
    answer.read()

    assert (answer.status, answer.getheader("Access-Control-Allow-Origin")) == (200, origin)
