"""Slipway on the local AWS, deployed with the real `sam deploy`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from local_aws import ACCOUNT_ID, LocalAws
from tools import progress
from tools.sam_report import SamReport

ROOT = Path(__file__).resolve().parent.parent
SAMCONFIG = ROOT / "samconfig.toml"
STACK_NAME = "slipway"
BAD = "bad_"
POLL_SECONDS = 0.05
GIVE_UP_SECONDS = 120.0
MODEL_ROLE_NAME = "slipway-models"


class DeployError(RuntimeError):
    """`sam deploy` failed; the message has its reasons."""


@contextmanager
def running(out: TextIO, **options: Any) -> Iterator[tuple[LocalAws, dict[str, str]]]:
    """Yield a local AWS with Slipway deployed, and the stack's outputs by name; show the progress on `out`.

    Parameters
    ----------
    options : Any
        Options of `LocalAws`.

    Raises
    ------
    DeployError
        If `sam deploy` fails.
    """
    with progress.step("local AWS", "start", out) as step:
        aws = LocalAws(**options)
        step.result = "started"
    with aws:
        make_model_role(aws)
        with progress.step("sam deploy", "start sam", out) as step:
            outputs = deploy(aws, on_activity=step.note)
            resources = aws.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
            step.result = f"{len(resources)} resources on the local AWS"
        yield aws, outputs


def deploy(
    aws: LocalAws,
    *,
    template: Path = ROOT / "template.yaml",
    caller: Mapping[str, str] | None = None,
    on_activity: Callable[[str], None] = lambda _: None,
    **parameters: str,
) -> dict[str, str]:
    """Run `sam deploy --config-env local` and return the stack's outputs by name.

    Parameters
    ----------
    caller : mapping of str to str, optional
        Environment variables with the deployer's credentials; by default an administrator deploys.
    on_activity : callable
        Called with the current activity of `sam deploy` when it changes.
    parameters : str
        Parameters of the template that differ from the stage's.

    Raises
    ------
    DeployError
        If `sam deploy` fails.
    """
    sam = Path(sys.executable).with_name("sam")
    # parameters on sam's command line replace all parameters of the file
    of_the_stage = tomllib.loads(SAMCONFIG.read_text())["local"]["deploy"]["parameters"]["parameter_overrides"]
    settings = ["--config-env", "local", "--config-file", str(SAMCONFIG), "--template", str(template)]
    settings += ["--region", aws.region, "--output", "json"]
    settings += ["--parameter-overrides", *of_the_stage, *(f"{name}={value}" for name, value in parameters.items())]
    with tempfile.TemporaryDirectory() as folder:  # sam leaves an empty folder there for each function
        environment = {**aws.environment, **(caller or {}), "TMPDIR": folder, "PYTHONUNBUFFERED": "1"}
        _run([str(sam), "deploy", *settings], environment, on_activity)
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _run(command: list[str], environment: Mapping[str, str], on_activity: Callable[[str], None]) -> None:
    report = SamReport()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if note := report.take(line):
                on_activity(note)
    if process.returncode:
        raise DeployError(report.failure)


def model_role_arn(aws: LocalAws) -> str:
    """ARN of the role of models that a user creates on the local AWS."""
    return f"arn:{aws.partition}:iam::{ACCOUNT_ID}:role/{MODEL_ROLE_NAME}"


def make_model_role(aws: LocalAws) -> None:
    """Create the role of models that a user creates."""
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
    )
    iam = aws.client("iam")
    try:
        iam.create_role(RoleName=MODEL_ROLE_NAME, AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException:
        return


def model_names(request: Any) -> list[str]:
    """Names of the models of a payload's variants and components that must exist, in order, without repetitions."""
    fields = request if isinstance(request, dict) else {}
    lists = [fields.get(name) or [] for name in ("productionVariants", "shadowProductionVariants")]
    hosts = [*(variant for variants in lists for variant in variants), *_specifications(fields)]
    names = [host.get("ModelName") for host in hosts if isinstance(host, dict)]
    made = fields.get("models") or {}
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name not in made))


def _specifications(fields: dict[str, Any]) -> list[Any]:
    components = [each for each in fields.get("inferenceComponents") or [] if isinstance(each, dict)]
    return [one for each in components for one in [each.get("Specification"), *(each.get("Specifications") or [])]]


def unknown_models(path: Path, request: Any) -> set[str]:
    """Models in a bad event that are in no good event of the same folder: the bad event expects them to be missing."""
    if not path.name.startswith(BAD):
        return set()
    good = [each for each in path.parent.glob("*.json") if not each.name.startswith(BAD)]
    return set(model_names(request)) - {name for each in good for name in model_names(json.loads(each.read_text()))}


def make_models(aws: LocalAws, request: Any, without: Collection[str] = ()) -> list[str]:
    """Create the models that a payload names, as a user does, and return their names.

    Parameters
    ----------
    without : collection of str
        Names of models that must not be created.
    """
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 100})
    existing = {model["ModelName"] for page in pages for model in page["Models"]}
    made = [name for name in model_names(request) if name not in {*existing, *without}]
    for name in made:
        image = f"{ACCOUNT_ID}.dkr.ecr.{aws.region}.amazonaws.com/{name}:latest"
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=model_role_arn(aws), PrimaryContainer={"Image": image})
    return made


def execute(aws: LocalAws, machine_arn: str, request: Any, without: Collection[str] = ()) -> dict[str, str]:
    """Create the models of `request`, run its execution and return the execution's final description.

    Parameters
    ----------
    without : collection of str
        Names of models that must not be created.

    Raises
    ------
    TimeoutError
        If it has not ended within `GIVE_UP_SECONDS`.
    """
    make_models(aws, request, without)
    states = aws.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine_arn, input=json.dumps(request))["executionArn"]
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < give_up_at:
        described: dict[str, str] = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"{arn} still runs after {GIVE_UP_SECONDS:g} s")
