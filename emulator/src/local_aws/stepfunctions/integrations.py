"""Calls of tasks: with the rights of the state machine's role, and with the error names of Step Functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.core import clients
from local_aws.core.principals import Credentials
from local_aws.stepfunctions import errors, shapes
from local_aws.stepfunctions.errors import RuntimeStateError, StateError
from local_aws.stepfunctions.history import text
from local_aws.stepfunctions.resources import Integration

_INVOKE = Integration("lambda", "invoke")
_ASSUME_ROLE = Integration("aws-sdk:sts", "assumeRole")


@dataclass(frozen=True)
class Caller:
    """The role, the place and the execution of a task's calls."""

    region: str
    credentials: Credentials
    resources: tuple[str, ...] = ()


def call(found: Integration, arguments: Any, caller: Caller) -> Any:
    """The task's result, before any wait.

    Raises
    ------
    StateError
        With Step Functions' name of the error.
    """
    if found.function_arn:
        payload = text(arguments)
        return _invoke({"FunctionName": found.function_arn, "Payload": payload}, caller)["Payload"]
    special = _SPECIAL.get((found.service, found.action))
    return special(arguments, caller) if special else call_api(found, arguments, caller)


def check(found: Integration, arguments: Any) -> None:
    """Refuse arguments that the integration does not accept.

    Raises
    ------
    RuntimeStateError
        With all problems.
    """
    wrong = [said for said, _ in found.problems(arguments)] if not found.function_arn else []
    if wrong:
        parameters = text(arguments)
        raise RuntimeStateError(
            f"The Parameters '{parameters}' could not be used to start the Task: [{', '.join(wrong)}]"
        )


def assume(role_arn: str, session_name: str, caller: Caller) -> Credentials:
    """Credentials of the role in the task's `Credentials` field.

    Raises
    ------
    StateError
        `States.Permissions`, if the state machine's role cannot assume it.
    """
    request = {"RoleArn": role_arn, "RoleSessionName": session_name}
    try:
        given = call_api(_ASSUME_ROLE, request, caller)["Credentials"]
    except StateError as error:
        raise StateError("States.Permissions", error.cause) from error
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def call_api(found: Integration, arguments: dict[str, Any], caller: Caller) -> Any:
    """The answer of the API in Step Functions' form."""
    operation, known = found.operation, found.optimized
    model = operation.service_model
    client = clients.client(model.service_name, caller.region, caller.credentials)
    try:
        with clients.handing_over():
            request = shapes.request(arguments, operation.input_shape, json_blobs=known is None)
            answer = client.call(operation.name, request)
    except (ClientError, BotoCoreError) as error:
        if known is None:
            raise errors.of_sdk_call(error, model.service_name, model.service_id) from error
        raise errors.of_optimized_call(error, known.prefix, known.unmodelled, known.service_in_cause) from error
    metadata = answer.pop("ResponseMetadata", {})
    result: dict[str, Any] = shapes.response(answer, operation.output_shape)
    return {**result, **_sdk_metadata(metadata)} if known else result


def _sdk_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata of the Java SDK's results in optimized integrations."""
    headers = metadata.get("HTTPHeaders", {})
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode"),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }


def _invoke(arguments: dict[str, Any], caller: Caller) -> dict[str, Any]:
    payload = arguments.get("Payload")
    given = {} if payload is None else {"Payload": _payload(payload)}
    answer: dict[str, Any] = call_api(_INVOKE, {**arguments, **given}, caller)
    if "FunctionError" in answer:
        raise StateError(_error_type(answer["Payload"]), answer["Payload"])
    shown = ("ExecutedVersion", "LogResult", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode")
    result = {name: answer[name] for name in shown if name in answer}
    return {**result, "Payload": _json_or_text(answer.get("Payload") or "null")}


def _payload(value: Any) -> str:
    """JSON as it is; text that is JSON is sent unchanged."""
    if not isinstance(value, str):
        return text(value)
    try:
        json.loads(value)
    except json.JSONDecodeError:
        return text(value)
    return value


def _error_type(payload: str) -> str:
    document = _json_or_text(payload)
    return str(document.get("errorType", "Lambda.Unknown")) if isinstance(document, dict) else "Lambda.Unknown"


def _json_or_text(written: str) -> Any:
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return written


def _put_events(arguments: dict[str, Any], caller: Caller) -> Any:
    """Step Functions adds the state machine and the execution to each entry's resources."""
    entries = [
        {**entry, "Resources": [*entry.get("Resources", []), *caller.resources]} for entry in arguments["Entries"]
    ]
    answer = call_api(Integration("events", "putEvents"), {**arguments, "Entries": entries}, caller)
    if answer.get("FailedEntryCount"):
        raise StateError(
            "EventBridge.FailedEntry", text({name: answer[name] for name in ("FailedEntryCount", "Entries")})
        )
    return answer


def _send_message(arguments: dict[str, Any], caller: Caller) -> Any:
    """The SDK of this integration sends to the queue's URL, on any host (recorded on AWS)."""
    url = str(arguments["QueueUrl"])
    if "://" not in url:
        raise StateError("SQS.SdkClientException", f"Unable to execute HTTP request: {url}: Name or service not known")
    return call_api(Integration("sqs", "sendMessage"), arguments, caller)


_SPECIAL: dict[tuple[str, str], Callable[[dict[str, Any], Caller], Any]] = {
    ("lambda", "invoke"): _invoke,
    ("events", "putEvents"): _put_events,
    ("sqs", "sendMessage"): _send_message,
}
