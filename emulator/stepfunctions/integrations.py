"""What a task's resource stands for: which API it calls, how, and what its errors are called.

Step Functions developer guide, "Integrating services with Step Functions".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator import clients
from emulator.principals import Credentials
from emulator.stepfunctions import errors, shapes
from emulator.stepfunctions.errors import StateError

_RESOURCE = re.compile(
    r"arn:aws[\w-]*:states:[\w-]*:\d*:(?P<service>aws-sdk:[\w-]+|[\w-]+):(?P<action>\w+)(?:\.(?P<pattern>[\w:]+))?"
)
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:(?P<region>[\w-]+):\d{12}:function:.+")

REQUEST_RESPONSE, WAIT_FOR_TOKEN, SYNC, SYNC_2 = None, "waitForTaskToken", "sync", "sync:2"


class NotIntegratedError(ValueError):
    """The resource is nothing that Step Functions, or the emulator, integrates; the message says which."""


@dataclass(frozen=True)
class Optimized:
    """An optimized integration: its prefix in error names, what unmodelled errors are called, and its patterns.

    `parameters` is the allowlist where Step Functions has one, by action; None lets all through.
    """

    prefix: str
    unmodelled: str
    actions: dict[str, tuple[str | None, ...]]
    parameters: dict[str, frozenset[str]] | None = None


_ENDPOINT_PARAMETERS = {
    "createModel": "ModelName PrimaryContainer Containers ExecutionRoleArn VpcConfig EnableNetworkIsolation Tags",
    "createEndpointConfig": "EndpointConfigName ProductionVariants KmsKeyId Tags",
    "createEndpoint": "EndpointName EndpointConfigName Tags",
    "updateEndpoint": "EndpointName EndpointConfigName",
}
_TABLE_ACTIONS: dict[str, tuple[str | None, ...]] = dict.fromkeys(
    ("getItem", "putItem", "updateItem", "deleteItem"), (REQUEST_RESPONSE,)
)
OPTIMIZED: dict[str, Optimized] = {
    "lambda": Optimized("Lambda", "AWSLambdaException", {"invoke": (REQUEST_RESPONSE, WAIT_FOR_TOKEN)}),
    "sns": Optimized("SNS", "AmazonSNSException", {"publish": (REQUEST_RESPONSE, WAIT_FOR_TOKEN)}),
    "sqs": Optimized("SQS", "AmazonSQSException", {"sendMessage": (REQUEST_RESPONSE, WAIT_FOR_TOKEN)}),
    "events": Optimized("EventBridge", "AmazonEventBridgeException", {"putEvents": (REQUEST_RESPONSE, WAIT_FOR_TOKEN)}),
    "dynamodb": Optimized("DynamoDB", "AmazonDynamoDBException", _TABLE_ACTIONS),
    "states": Optimized(
        "StepFunctions",
        "AWSStepFunctionsException",
        {"startExecution": (REQUEST_RESPONSE, SYNC, SYNC_2, WAIT_FOR_TOKEN)},
    ),
    # Transform, training and other jobs with .sync are not modelled.
    "sagemaker": Optimized(
        "SageMaker",
        "AmazonSageMakerException",
        dict.fromkeys(_ENDPOINT_PARAMETERS, (REQUEST_RESPONSE,)),
        {action: frozenset(names.split()) for action, names in _ENDPOINT_PARAMETERS.items()},
    ),
}


@dataclass(frozen=True)
class Integration:
    """A task's resource, taken apart.

    Attributes
    ----------
    service, action : str
        As in the ARN: ``aws-sdk:sagemaker``, ``createModel``.
    pattern : str or None
        None for request-response.
    function_arn : str or None
        Set where the resource is a Lambda function itself.
    """

    service: str
    action: str
    pattern: str | None = None
    function_arn: str | None = None

    @property
    def is_sdk(self) -> bool:
        return self.service.startswith("aws-sdk:")

    @property
    def api(self) -> str:
        """The service's name as :mod:`shapes` takes it."""
        return self.service.removeprefix("aws-sdk:")

    @property
    def resource(self) -> str:
        """As history events name it: ``startExecution.sync:2``."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action


def parse(resource: str) -> Integration:
    """The integration that a task's `Resource` names.

    Raises
    ------
    NotIntegratedError
        When there is none.
    """
    if _FUNCTION.fullmatch(resource):
        return Integration("lambda", "invoke", function_arn=resource)
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        raise NotIntegratedError(f"The resource provided {resource} is not recognized or not modelled.")
    found = Integration(match["service"], match["action"], match["pattern"])
    if found.is_sdk:
        _check_sdk(found, resource)
    else:
        _check_optimized(found, resource)
    return found


def _check_sdk(found: Integration, resource: str) -> None:
    if shapes.operation(found.api, found.action) is None or found.pattern not in (REQUEST_RESPONSE, WAIT_FOR_TOKEN):
        raise NotIntegratedError(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region."
        )


def _check_optimized(found: Integration, resource: str) -> None:
    known = OPTIMIZED.get(found.service)
    if known is None or found.pattern not in known.actions.get(found.action, ()):
        raise NotIntegratedError(
            f"The resource provided {resource} is not recognized, or the emulator does not model it: it models "
            f"{', '.join(sorted(OPTIMIZED))} and aws-sdk."
        )


def unsupported_parameters(found: Integration, names: set[str]) -> set[str]:
    """Which parameters an optimized integration does not take."""
    known = OPTIMIZED.get(found.service)
    allowed = known.parameters.get(found.action) if known and known.parameters else None
    return names - allowed if allowed is not None else set()


def call(found: Integration, arguments: Any, region: str, credentials: Credentials) -> Any:
    """The task's result, before any waiting.

    Raises
    ------
    StateError
        With the name that Step Functions gives the error.
    """
    if found.function_arn:
        return _invoke({"FunctionName": found.function_arn, "Payload": arguments}, region, credentials)["Payload"]
    if not isinstance(arguments, dict):
        raise StateError("States.Runtime", f"The arguments of {found.resource} are no JSON object: {arguments!r}")
    if unsupported := unsupported_parameters(found, set(arguments)):
        names = ", ".join(sorted(unsupported))
        raise StateError("States.Runtime", f'The field "{names}" is not supported by Step Functions')
    special = _SPECIAL.get((found.service, found.action))
    if special:
        return special(arguments, region, credentials)
    return _call_api(found, arguments, region, credentials)


def _call_api(found: Integration, arguments: dict[str, Any], region: str, credentials: Credentials) -> Any:
    operation = shapes.operation(found.api, found.action)
    assert operation is not None, f"{found} was checked when the definition was"
    try:
        parameters = shapes.request(arguments, operation.input_shape)
    except shapes.UnknownParameterError as error:
        raise StateError("States.Runtime", f'The field "{error}" is not supported by Step Functions') from error
    model = operation.service_model
    client = clients.client(model.service_name, region, credentials)
    try:
        answer = client._make_api_call(operation.name, parameters)
    except (ClientError, BotoCoreError) as error:
        if found.is_sdk:
            raise errors.of_sdk_call(error, model.service_name, model.service_id) from error
        known = OPTIMIZED[found.service]
        raise errors.of_optimized_call(error, known.prefix, known.unmodelled) from error
    answer.pop("ResponseMetadata", None)
    return shapes.response(answer, operation.output_shape)


def _invoke(arguments: dict[str, Any], region: str, credentials: Credentials) -> dict[str, Any]:
    payload = json.dumps(arguments.get("Payload", {}), separators=(",", ":"))
    found = Integration("lambda", "invoke")
    answer: dict[str, Any] = _call_api(found, {**arguments, "Payload": payload}, region, credentials)
    if "FunctionError" in answer:
        raise StateError(_error_type(answer["Payload"]), answer["Payload"])
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": _json_or_text(answer.get("Payload") or "null"),
        "StatusCode": answer["StatusCode"],
    }


def _error_type(payload: str) -> str:
    document = _json_or_text(payload)
    return str(document.get("errorType", "Lambda.Unknown")) if isinstance(document, dict) else "Lambda.Unknown"


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _put_events(arguments: dict[str, Any], region: str, credentials: Credentials) -> Any:
    answer = _call_api(Integration("events", "putEvents"), arguments, region, credentials)
    if answer.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


_SPECIAL: dict[tuple[str, str], Callable[[dict[str, Any], str, Credentials], Any]] = {
    ("lambda", "invoke"): _invoke,
    ("events", "putEvents"): _put_events,
}
