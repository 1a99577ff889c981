"""API calls as requests: service, operation, parameters and caller, and errors in the protocol of each service."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.exceptions import UnknownServiceError
from botocore.parsers import create_parser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from local_aws.core import partition, principals
from local_aws.core.errors import ApiError
from local_aws.core.principals import Principal

# Names in signatures that are not the service's name in botocore, or that several services share.
SERVICES_BY_SIGNING_NAME = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch", "es"),
    "monitoring": ("cloudwatch",),
    "s3": ("s3", "s3control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-metrics", "sagemaker-featurestore-runtime"),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}

# moto's pages, and the metadata of an instance.
NOT_AWS_APIS = ("/moto-api", "/favicon.ico", "/latest/meta-data/", "/latest/api/")

# `Credential=ASIA…/20261121/eu-west-1/sagemaker/aws4_request`, in the header or in a presigned URL.
_SCOPE = re.compile(r"([^/=\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """An API call.

    Attributes
    ----------
    service, operation : str
        Named as in botocore: ``stepfunctions``, ``StartExecution``.
    parameters : dict
        The request, parsed by the service's model: the keyword arguments of boto3's method.
    unreadable : ApiError or None
        The reason if the request cannot be parsed.
    entries : list of dict
        Its entries in the call log, its own permission first.
    """

    principal: Principal
    service: str
    operation: str
    region: str
    account_id: str
    parameters: dict[str, Any]
    model: OperationModel = field(repr=False, compare=False)
    protocol: str = field(repr=False, compare=False)
    unreadable: ApiError | None = field(default=None, repr=False, compare=False)
    entries: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)


@dataclass(frozen=True)
class Response:
    """An HTTP response, before it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def identify(environ: dict[str, Any]) -> Call | None:
    """The API call of the request; None if it is not an API call."""
    if environ["PATH_INFO"].startswith(NOT_AWS_APIS):
        return None
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "") or environ.get("QUERY_STRING", "").replace("%2F", "/"))
    # an unsigned request for a path can only be for S3
    access_key_id, region, signing_name = scope.groups() if scope else ("", partition.REGION, "s3")
    body = environ["wsgi.input"].getvalue()
    request = Request(environ, populate_request=False)
    try:
        for service_model in _candidates(signing_name):
            matched = _match(service_model, request)
            if matched:
                operation, path_parameters, protocol = matched
                parameters, unreadable = _parse(operation, protocol, request, path_parameters, body)
                principal = principals.caller(access_key_id)
                return Call(
                    principal=principal,
                    service=service_model.service_name,
                    operation=operation.name,
                    region=region,
                    account_id=principal.account_id,
                    parameters=parameters,
                    model=operation,
                    protocol=protocol,
                    unreadable=unreadable,
                )
    finally:
        environ["wsgi.input"] = io.BytesIO(body)
    return None


def error_response(call: Call, error: ApiError) -> Response:
    """`error` in the protocol of the call, as boto3 parses it."""
    serializer = get_serializer_class(call.service, call.protocol)(operation_model=call.model)
    serialized = serializer.serialize(error)
    body = serialized["body"]
    without_body = call.model.http_trait.method == "HEAD"
    return Response(
        status=error.status,
        headers=[(str(name), str(value)) for name, value in serialized["headers"].items()],
        body=b"" if without_body else body.encode() if isinstance(body, str) else body,
    )


def read_error(call: Call, response: Response) -> tuple[str, str]:
    """Code and message of an error response, as boto3 returns them."""
    parser: Any = create_parser(call.protocol)
    parsed = parser.parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": response.body,
            "context": {"operation_name": call.operation},
        },
        None,
    )
    error = parsed.get("Error", {})
    return error.get("Code", str(response.status)), error.get("Message", "")


def _candidates(signing_name: str) -> Iterator[ServiceModel]:
    for name in SERVICES_BY_SIGNING_NAME.get(signing_name, (signing_name,)):
        try:
            yield get_service_model(name)
        except UnknownServiceError:
            continue


def _match(service_model: ServiceModel, request: Request) -> tuple[OperationModel, Mapping[str, Any], str] | None:
    try:
        protocol = determine_request_protocol(service_model, request.content_type)
        operation, path_parameters = get_service_router(service_model.service_name).match(request)
    except (NotFound, NotImplementedError):  # moto raises the latter for a protocol that the service does not have
        return None
    return operation, path_parameters, protocol


def _parse(
    operation: OperationModel, protocol: str, request: Request, path_parameters: Mapping[str, Any], body: bytes
) -> tuple[dict[str, Any], ApiError | None]:
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": path_parameters,
            }
        )
    except (RequestParserError, AttributeError, KeyError, TypeError, ValueError) as error:
        return {}, ApiError("SerializationException", f"{operation.name}: the request cannot be parsed: {error}")
    return dict(parsed or {}), None
