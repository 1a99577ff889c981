"""Resource ARNs of tasks: a function, an API of any service, or an optimized integration.

Step Functions developer guide, "Integrating services with Step Functions".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.model import OperationModel

from local_aws.core import partition
from local_aws.core.errors import NotModelledError
from local_aws.stepfunctions import jsonata, shapes
from local_aws.stepfunctions.shapes import Problem

_RESOURCE = re.compile(
    rf"arn:{partition.NAME}:states:[\w-]*:\d*:(?P<service>aws-sdk:\w+|[\w-]+):(?P<action>\w+)(?:\.(?P<pattern>[\w:]+))?"
)
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:.+")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:.+")

REQUEST_RESPONSE, WAIT_FOR_TOKEN, SYNC, SYNC_2 = None, "waitForTaskToken", "sync", "sync:2"

# Optimized integrations of AWS that are not modelled.
_NOT_MODELLED = frozenset(
    [
        "apigateway",
        "athena",
        "batch",
        "bedrock",
        "codebuild",
        "databrew",
        "ecs",
        "eks",
        "elasticmapreduce",
        "emr-containers",
        "emr-serverless",
        "glue",
        "http",
        "mediaconvert",
    ]
)
_JOBS = frozenset(["createHyperParameterTuningJob", "createLabelingJob", "createProcessingJob"])
_NOT_MODELLED_ACTIONS = {"sagemaker": _JOBS | {"createTrainingJob", "createTransformJob"}}


class NotIntegratedError(ValueError):
    """Step Functions has no such integration; the message is AWS's."""


@dataclass(frozen=True)
class Optimized:
    """An optimized integration.

    Attributes
    ----------
    api : str
        The service's name in ``aws-sdk`` resources.
    prefix : str
        Prefix of its error names.
    unmodelled : str
        Name of errors that the service's model does not have.
    service_in_cause : str
    actions : dict
        The patterns of each action.
    as_text : frozenset of str
        Parameters that can be any JSON, which is sent as text.
    parameters : dict
        The allowlist by action, if the integration accepts less than the API.
    """

    api: str
    prefix: str
    unmodelled: str
    service_in_cause: str
    actions: dict[str, tuple[str | None, ...]]
    as_text: frozenset[str] = frozenset()
    parameters: dict[str, frozenset[str]] = field(default_factory=dict)


_CALL_OR_CALLBACK = (REQUEST_RESPONSE, WAIT_FOR_TOKEN)
# Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs" (2023).
_ENDPOINT_PARAMETERS = {
    "createModel": "ModelName PrimaryContainer Containers ExecutionRoleArn VpcConfig EnableNetworkIsolation Tags",
    "createEndpointConfig": "EndpointConfigName ProductionVariants KmsKeyId Tags",
    "createEndpoint": "EndpointName EndpointConfigName Tags",
    "updateEndpoint": "EndpointName EndpointConfigName",
}
OPTIMIZED: dict[str, Optimized] = {
    "lambda": Optimized("lambda", "Lambda", "AWSLambdaException", "AWSLambda", {"invoke": _CALL_OR_CALLBACK}),
    "sns": Optimized(
        "sns", "SNS", "AmazonSNSException", "AmazonSNS", {"publish": _CALL_OR_CALLBACK}, frozenset(["Message"])
    ),
    "sqs": Optimized(
        "sqs", "SQS", "AmazonSQSException", "AmazonSQS", {"sendMessage": _CALL_OR_CALLBACK}, frozenset(["MessageBody"])
    ),
    "events": Optimized(
        "eventbridge",
        "EventBridge",
        "AmazonEventBridgeException",
        "AmazonEventBridge",
        {"putEvents": _CALL_OR_CALLBACK},
        frozenset(["Entries.Detail"]),
    ),
    "dynamodb": Optimized(
        "dynamodb",
        "DynamoDB",
        "AmazonDynamoDBException",
        "AmazonDynamoDBv2",
        dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), (REQUEST_RESPONSE,)),
    ),
    "states": Optimized(
        "sfn",
        "StepFunctions",
        "AWSStepFunctionsException",
        "AWSStepFunctions",
        {"startExecution": (REQUEST_RESPONSE, SYNC, SYNC_2, WAIT_FOR_TOKEN)},
        frozenset(["Input"]),
    ),
    "sagemaker": Optimized(
        "sagemaker",
        "SageMaker",
        "AmazonSageMakerException",
        "AmazonSageMaker",
        dict.fromkeys(_ENDPOINT_PARAMETERS, (REQUEST_RESPONSE,)),
        parameters={action: frozenset(names.split()) for action, names in _ENDPOINT_PARAMETERS.items()},
    ),
}


@dataclass(frozen=True)
class Integration:
    """A parsed resource of a task.

    Attributes
    ----------
    service, action : str
        Parts of the ARN: ``aws-sdk:sagemaker``, ``createModel``.
    pattern : str or None
        None for request-response.
    function_arn : str or None
        Set if the resource is a Lambda function.
    """

    service: str
    action: str
    pattern: str | None = None
    function_arn: str | None = None

    @property
    def optimized(self) -> Optimized | None:
        """The optimized integration, or None for ``aws-sdk``."""
        return OPTIMIZED.get(self.service)

    @property
    def resource(self) -> str:
        """The resource in history events: ``startExecution.sync:2``."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action

    @property
    def operation(self) -> OperationModel:
        api = self.optimized.api if self.optimized else self.service.removeprefix("aws-sdk:")
        found = shapes.operation(api, self.action)
        assert found is not None, f"{self} was checked when the definition was"
        return found

    def problems(self, parameters: Any, *, skip: Callable[[str, Any], bool] = lambda _, __: False) -> Iterator[Problem]:
        """Problems of the parameters; `skip` selects those that are unknown before run time."""
        known = self.optimized
        allowed = known.parameters.get(self.action) if known else None
        if isinstance(parameters, dict) and allowed is not None:
            for name in parameters:
                if name.removesuffix(".$") not in allowed:
                    yield f'The field "{name.removesuffix(".$")}" is not supported by Step Functions', name
            parameters = {name: value for name, value in parameters.items() if name.removesuffix(".$") in allowed}
        as_text = known.as_text if known else None
        yield from shapes.problems(parameters, self.operation.input_shape, as_text=as_text, skip=skip)


@cache
def parse(resource: str) -> Integration:
    """The integration of a task's `Resource`.

    Raises
    ------
    NotIntegratedError
        If there is none.
    NotModelledError
        If AWS has it and it is not modelled.
    """
    if _FUNCTION.fullmatch(resource):
        return Integration("lambda", "invoke", function_arn=resource)
    if _ACTIVITY.fullmatch(resource):
        raise NotModelledError(f"an activity as a task: {resource}")
    match = _RESOURCE.fullmatch(resource)
    found = Integration(match["service"], match["action"], match["pattern"]) if match else None
    if found is None or not (_is_sdk_call(found) or _is_optimized(found, resource)):
        raise NotIntegratedError(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region."
        )
    return found


def is_known_at_run_time(key: str, value: Any) -> bool:
    """Whether a JSONata or JSONPath parameter gets its value when the state runs."""
    return key.endswith(".$") or jsonata.is_expression(value)


def _is_sdk_call(found: Integration) -> bool:
    if not found.service.startswith("aws-sdk:") or found.pattern not in _CALL_OR_CALLBACK:
        return False
    return shapes.operation(found.service.removeprefix("aws-sdk:"), found.action) is not None


def _is_optimized(found: Integration, resource: str) -> bool:
    if found.service in _NOT_MODELLED or found.action in _NOT_MODELLED_ACTIONS.get(found.service, ()):
        raise NotModelledError(f"the optimized integration {resource}")
    return found.optimized is not None and found.pattern in found.optimized.actions.get(found.action, ())
