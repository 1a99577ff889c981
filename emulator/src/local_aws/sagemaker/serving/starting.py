"""The start of one container: its model data, its code, its interpreter and its variables."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError
from moto.settings import moto_server_port

from local_aws.core import principals
from local_aws.sagemaker.serving import environments, scripts
from local_aws.sagemaker.serving.artifacts import SESSION, ArchiveError, Downloader, extract, split
from local_aws.sagemaker.serving.containers import Container
from local_aws.sagemaker.serving.definitions import Definition, HostedVariant
from local_aws.sagemaker.serving.images import Image
from local_aws.sagemaker.serving.messages import PRIMARY, UNHEALTHY_COMPONENT
from local_aws.sagemaker.serving.output import Output

ADAPTER = Path(__file__).parent / "container" / "adapter.py"
# Real time that a container has at most, because the virtual clock stands still: one that hangs would stop the server.
MOST_PING_SECONDS = 45.0
_OPT_ML = "/opt/ml"
_ISOLATED = "The container cannot {}: the model has network isolation."


class BootError(Exception):
    """A container does not start, and its log says why; the message is SageMaker's FailureReason."""

    def __init__(self, variant: HostedVariant, definition: Definition) -> None:
        # of one of several containers: aws/amazon-sagemaker-examples, issue 1072
        name = "primary container" if definition.name == PRIMARY else definition.name
        super().__init__(
            UNHEALTHY_COMPONENT
            if variant.component_name
            else f"The {name} for production variant {variant.variant_name} did not pass the ping health check. Please "
            "check CloudWatch logs for this endpoint."
        )


def start(variant: HostedVariant, definition: Definition, image: Image, position: int, base: Path) -> Container:
    """Start a container in the new folder `base`, which is its ``/opt/ml``, and wait until it answers its ping.

    Raises
    ------
    ArtifactError
        If the model data cannot be downloaded or extracted.
    BootError
        If the container's code or requirements cannot be installed, or it does not answer.
    NotRunnableError
        If its environment cannot be made.
    """
    downloader = Downloader(variant.region, variant.role_arn)
    if definition.data and not definition.is_multi_model:
        downloader.download(definition.data, base / "model", position)
    (base / "code").mkdir(parents=True)
    variables = _variables(variant, definition, base)
    try:
        code = _code(variant, downloader, base, variables)
        needs = scripts.needs(code, variables.get("SAGEMAKER_PROGRAM", ""))
        if variant.is_isolated and needs.requirements.strip():
            raise environments.RequirementsError(_ISOLATED.format("install requirements.txt"))
        python = environments.interpreter(definition, image, needs)
    except (ArchiveError, ClientError, environments.RequirementsError) as error:
        output = _output(variant, definition)
        output.write(str(error))
        output.close()
        raise BootError(variant, definition) from error
    options = ["--multi-model"] if definition.is_multi_model else []
    command = [*python, "-P", str(ADAPTER), "--image", image.kind, *options]  # -P: no module beside the adapter
    variables["SAGEMAKER_SUBMIT_DIRECTORY"] = str(code)
    container = Container(definition.name, command, variables, base, _output(variant, definition))
    if not container.ping(min(variant.health_check_seconds, MOST_PING_SECONDS)):
        container.end()
        raise BootError(variant, definition)
    return container


def _output(variant: HostedVariant, definition: Definition) -> Output:
    """The log of a container (developer guide, logging-cloudwatch; of pipelines: inference-pipeline-logs-metrics)."""
    instance = f"{variant.variant_name}/i-{secrets.token_hex(9)[:17]}"
    stream = instance if definition.name == PRIMARY else f"{instance}/{definition.name}"
    # of components: stdapi-ai/stdapi.ai, issue 43
    component = variant.component_name
    group = f"InferenceComponents/{component}" if component else f"Endpoints/{variant.endpoint_name}"
    return Output(variant.region, variant.role_arn, f"/aws/sagemaker/{group}", stream)


def _variables(variant: HostedVariant, definition: Definition, base: Path) -> dict[str, str]:
    """Variables of the process, none of the server's own."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(base),
        "TMPDIR": str(base),
        "PYTHONUNBUFFERED": "1",
        **_session(variant),
        "AWS_REGION": variant.region,
        "AWS_DEFAULT_REGION": variant.region,
        **_moved(definition.environment, base),
        **({"SAGEMAKER_MULTI_MODEL": "true"} if definition.is_multi_model else {}),
        "SAGEMAKER_BASE_DIR": str(base),
    }


def _session(variant: HostedVariant) -> dict[str, str]:
    """Variables with which AWS's SDKs call the local AWS as the model's role."""
    if variant.role_arn is None or variant.is_isolated:
        return {}
    session = dict(principals.role_session(variant.role_arn, SESSION))
    return {
        **{name.upper(): str(value) for name, value in session.items()},
        "AWS_ENDPOINT_URL": f"http://localhost:{moto_server_port()}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _moved(given: Mapping[str, str], base: Path) -> dict[str, str]:
    """The variables of the model, with `base` instead of ``/opt/ml``."""
    return {
        name: f"{base}{value.removeprefix(_OPT_ML)}" if f"{value}/".startswith(f"{_OPT_ML}/") else value
        for name, value in given.items()
    }


def _code(variant: HostedVariant, downloader: Downloader, base: Path, variables: Mapping[str, str]) -> Path:
    """The folder of the code; an archive in S3 is downloaded, as the container does."""
    place = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", str(base / "code"))
    if not place.startswith("s3://"):
        return Path(place)
    if variant.is_isolated:
        raise ArchiveError(_ISOLATED.format(f"download {place}"))
    extract(downloader.read(*split(place)), base / "code")
    return base / "code"
