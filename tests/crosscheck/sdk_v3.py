"""Deploy a model with the core of version 3 of the SageMaker Python SDK, call it, and delete everything.

Standard input: {"modelData", "image", "environment", "role", "json", "csv"}. The last line of standard output: what the endpoint answered.
"""

import contextlib
import json
import sys
from typing import Any

from botocore.exceptions import ClientError
from sagemaker.core.deserializers import CSVDeserializer, JSONDeserializer  # type: ignore[import-not-found, unused-ignore]
from sagemaker.core.resources import Endpoint, EndpointConfig, Model  # type: ignore[import-not-found, unused-ignore]
from sagemaker.core.serializers import CSVSerializer, JSONSerializer  # type: ignore[import-not-found, unused-ignore]
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant  # type: ignore[import-not-found, unused-ignore]

NAME = "sdk-v3"
POLL_SECONDS = 1


def deployed(given: dict[str, Any]) -> tuple[Any, ...]:
    """The model, the config, and the endpoint that is in service."""
    container = ContainerDefinition(
        image=given["image"], model_data_url=given["modelData"], environment=given["environment"]
    )
    model = Model.create(model_name=NAME, primary_container=container, execution_role_arn=given["role"])
    variant = ProductionVariant(
        variant_name="AllTraffic", model_name=NAME, instance_type="ml.m5.large", initial_instance_count=1
    )
    config = EndpointConfig.create(endpoint_config_name=NAME, production_variants=[variant])
    endpoint = Endpoint.create(endpoint_name=NAME, endpoint_config_name=NAME)
    endpoint.wait_for_status("InService", poll=POLL_SECONDS)
    return model, config, endpoint


def answer(endpoint: Any, serializer: Any, deserializer: Any, body: Any) -> Any:
    endpoint.serializer, endpoint.deserializer = serializer, deserializer
    return endpoint.invoke(body, content_type=serializer.CONTENT_TYPE, accept=deserializer.ACCEPT[0]).body


def main(given: dict[str, Any]) -> dict[str, Any]:
    model, config, endpoint = deployed(given)
    answers = {
        "json": answer(endpoint, JSONSerializer(), JSONDeserializer(), given["json"]),
        "csv": answer(endpoint, CSVSerializer(), CSVDeserializer(), given["csv"]),
    }
    try:
        answer(endpoint, JSONSerializer(), JSONDeserializer(), {"no": "instances"})
    except ClientError as error:
        answers["refused"] = error.response["Error"]["Code"]
    endpoint.delete()
    endpoint.wait_for_delete(poll=POLL_SECONDS)
    config.delete()
    model.delete()
    return answers


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # the SDK shows its progress
        answered = main(json.load(sys.stdin))
    json.dump(answered, sys.stdout)
