"""What the tests of a request need: their bodies and asynchronous answers in S3, and a target in the model."""

from collections.abc import Callable, Iterator, Mapping

from plan_deployment.models.artifacts import OBJECT, Artifact, Bucket
from plan_deployment.models.existing import containers
from plan_deployment.models.findings import Findings, ModelFaultError
from plan_deployment.variants import is_serverless_config
from shared.aws import Client, Json
from shared.endpoint_tests import FIELD, is_asynchronous
from shared.errors import InvalidRequest
from shared.planning.faults import Fault, message

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


def require_targets(tests: list[Json], config: Json, models: Mapping[str, Json]) -> None:
    """Check that each test has the target that the models of its variants need, and no other.

    Parameters
    ----------
    models : mapping of str to Json
        Bodies of CreateModel, or DescribeModel's answers, by the model's name.

    Raises
    ------
    InvalidRequest
        If SageMaker would refuse the request of a test.
    """
    if is_asynchronous(config):
        return
    used = {each["VariantName"]: models.get(each.get("ModelName", ""), {}) for each in config["ProductionVariants"]}
    faults = {
        fault.pointer: fault
        for index, test in enumerate(tests)
        for name in test.get("variants", used)
        for fault in _target_faults(f"/{FIELD}/{index}", test, name, used[name])
    }
    if faults:
        raise InvalidRequest(message("The request", list(faults.values())))


def _target_faults(pointer: str, test: Json, variant: str, model: Json) -> Iterator[Fault]:
    """Yield what does not fit the model (SageMaker developer guide, multi-container-direct; API, InvokeEndpoint)."""
    found = containers(model)
    is_known = not any("ModelPackageName" in each for each in found)
    has_many = any(each.get("Mode") == "MultiModel" for each in found)
    if has_many and "targetModel" not in test:
        yield Fault(f"{pointer}/targetModel", f"is missing, and variant {variant} has many models", "Name one of them")
    if is_known and not has_many and "targetModel" in test:
        yield Fault(f"{pointer}/targetModel", f"variant {variant} has one model", "Remove it")
    is_direct = model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    hostnames = [each["ContainerHostname"] for each in found if "ContainerHostname" in each]
    hostname = test.get("targetContainerHostname")
    if is_direct and hostname not in hostnames:
        what = "does not name a container of" if hostname else "is missing, and a request names a container of"
        problem = f"{what} variant {variant}"
        yield Fault(f"{pointer}/targetContainerHostname", problem, f"Give one of {', '.join(hostnames)}")
    if hostname and not is_direct:
        problem = f"the containers of variant {variant} are not invoked directly"
        yield Fault(f"{pointer}/targetContainerHostname", problem, "Remove it")


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
