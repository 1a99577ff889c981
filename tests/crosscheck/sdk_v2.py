"""Deploy a model with version 2 of the SageMaker Python SDK, call it with its predictor, and delete everything.

Standard input: {"modelData", "bucket", "script", "role", "json", "csv"}. The last line of standard output: what the predictor answered.
"""

import contextlib
import json
import sys
from typing import Any

from botocore.exceptions import ClientError
from sagemaker import Session  # type: ignore[import-not-found, unused-ignore]
from sagemaker.deserializers import CSVDeserializer, JSONDeserializer  # type: ignore[import-not-found, unused-ignore]
from sagemaker.serializers import CSVSerializer, JSONSerializer  # type: ignore[import-not-found, unused-ignore]
from sagemaker.sklearn import SKLearnModel  # type: ignore[import-not-found, unused-ignore]

FRAMEWORK_VERSION = "1.4-2"  # the newest one that this SDK knows
POLL_SECONDS = 0.2
NO_TELEMETRY = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


def deployed(given: dict[str, str], session: Any) -> Any:
    """The predictor of a new endpoint; the SDK packs the script into the archive and uploads it."""
    model = SKLearnModel(
        model_data=given["modelData"],
        role=given["role"],
        entry_point=given["script"],
        framework_version=FRAMEWORK_VERSION,
        sagemaker_session=session,
    )
    options = {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}
    predictor = model.deploy(1, "ml.m5.large", wait=False, **options)
    session.wait_for_endpoint(predictor.endpoint_name, poll=POLL_SECONDS)
    return predictor


def refusal(predictor: Any, body: Any) -> str:
    try:
        predictor.predict(body)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "none"


def main(given: dict[str, Any]) -> dict[str, Any]:
    # with a bucket of its own, the SDK would ask STS at a fixed address for the account
    session = Session(default_bucket=given["bucket"], sagemaker_config=NO_TELEMETRY)
    predictor = deployed(given, session)
    answers = {"json": predictor.predict(given["json"]), "refused": refusal(predictor, {"no": "instances"})}
    predictor.serializer, predictor.deserializer = CSVSerializer(), CSVDeserializer()
    answers["csv"] = predictor.predict(given["csv"])
    predictor.delete_model()
    predictor.delete_endpoint()
    return answers


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # the SDK shows its progress
        answered = main(json.load(sys.stdin))
    json.dump(answered, sys.stdout)
