"""What the tests of a request need in S3: their bodies, and the bucket of asynchronous answers."""

from collections.abc import Callable

from plan_deployment.models.artifacts import OBJECT, Artifact, Bucket
from plan_deployment.models.findings import Findings, ModelFaultError
from plan_deployment.variants import is_serverless_config
from shared.aws import Client, Json
from shared.endpoint_tests import FIELD, is_asynchronous
from shared.errors import InvalidRequest
from shared.planning.faults import message

# sagemaker-runtime service model, BodyBlob; SageMaker developer guide, serverless-endpoints.
MOST_BYTES, MOST_BYTES_SERVERLESS = 6 * 1024 * 1024, 4 * 1024 * 1024


def require_readable(
    tests: list[Json], config: Json, s3: Callable[[], Client], buckets: tuple[str, ...], region: str
) -> None:
    """Check that the tests can be sent and their answers be read.

    Parameters
    ----------
    config : Json
        CreateEndpointConfig's body.
    buckets : tuple of str
        Names of the buckets that the stack may read.

    Raises
    ------
    InvalidRequest
        If a body is missing, too large or in another bucket, or if answers are stored in another bucket.
    """
    findings = Findings()
    for index, test in enumerate(tests):
        if "bodyLocation" in test:
            artifact = Artifact(f"/{FIELD}/{index}/bodyLocation", test["bodyLocation"], OBJECT)
            with findings.collected():
                _require_body(artifact, config, Bucket(s3(), buckets, region))
    if tests and is_asynchronous(config):
        for member, uri in config["AsyncInferenceConfig"]["OutputConfig"].items():
            if member in ("S3OutputPath", "S3FailurePath"):
                with findings.collected():
                    _require_bucket(f"/asyncInferenceConfig/OutputConfig/{member}", uri, buckets)
    if findings.faults:
        raise InvalidRequest(message("The request", findings.faults))


def _require_body(artifact: Artifact, config: Json, bucket: Bucket) -> None:
    size = bucket.content(artifact, Findings()).size
    most = MOST_BYTES_SERVERLESS if is_serverless_config(config) else MOST_BYTES
    if size > most and not is_asynchronous(config):
        problem = f"{artifact.uri} has {size} bytes, and the endpoint takes at most {most} in a request"
        raise ModelFaultError(artifact.pointer, problem, "Name a smaller body")


def _require_bucket(pointer: str, uri: str, buckets: tuple[str, ...]) -> None:
    name = uri.removeprefix("s3://").partition("/")[0]
    if name not in buckets:
        problem = f"the tests cannot read answers in the bucket {name}"
        raise ModelFaultError(pointer, problem, "Deploy the stack with the bucket in the parameter ArtifactBuckets")
