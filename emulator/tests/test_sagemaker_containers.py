"""Endpoints answer by containers: processes with the model's data, for as long as their fleet lives."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from support.functions import make_role
from support.hosting import make_hosting, refused
from support.processes import is_running, wait_until
from support.rollouts import Rollouts, blue_green, rolling
from support.serving import SCRIPT, SCRIPT_MODE, SKLEARN, XGBOOST, Serving, archive, make_serving

PING_FAILURE = (
    "The primary container for production variant AllTraffic did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)
ROLLING = rolling({"Type": "CAPACITY_PERCENT", "Value": 50})
BROKEN = SCRIPT.replace("def model_fn", "def load_model")


def is_gone(answer: dict[str, Any]) -> bool:
    """Whether the process and the folder of the container that gave `answer` do not exist any more."""
    return not is_running(answer["pid"]) and not Path(answer["folder"]).exists()


def test_an_endpoint_answers_with_its_model(serving: Serving) -> None:
    serving.endpoint("iris", serving.container("iris"))

    answer = serving.invoke("iris")

    assert (answer["data"], answer["model"]) == ("hello", "iris")


def test_a_container_starts_in_no_virtual_time(serving: Serving) -> None:
    created = serving.endpoint("punctual", serving.container("punctual"))

    seconds = (created["LastModifiedTime"] - created["CreationTime"]).total_seconds()
    assert seconds == pytest.approx(420, abs=0.1)


def test_the_output_is_in_the_log_group_of_the_endpoint(serving: Serving) -> None:
    serving.endpoint("talking", serving.container("talking"))
    serving.invoke("talking", "once")

    ((stream, messages),) = serving.log("talking").items()

    assert re.fullmatch(r"AllTraffic/i-[0-9a-f]{17}", stream)
    assert messages == ["loading", "got once"]


@pytest.mark.parametrize(
    ("name", "script", "line"),
    [
        ("without-model-fn", BROKEN, "Please provide a model_fn implementation."),
        ("with-a-syntax-error", "def model_fn(:", "SyntaxError: invalid syntax"),
        ("with-both", SCRIPT + "\ntransform_fn = print", "ValueError: Cannot use transform_fn implementation"),
        ("that-ends", "import sys\nsys.exit(3)", "SystemExit: 3"),
    ],
)
def test_a_broken_script_fails_the_ping_and_its_traceback_is_in_the_log(
    serving: Serving, name: str, script: str, line: str
) -> None:
    created = serving.endpoint(name, serving.container(name, script=script), status="Failed")

    assert created["FailureReason"] == PING_FAILURE
    ((_, messages),) = serving.log(name).items()
    assert "Traceback (most recent call last):" in messages
    assert any(each.startswith(line) for each in messages)


def test_the_script_is_only_found_with_the_variables(serving: Serving) -> None:
    container = serving.container("unnamed", Environment={"SAGEMAKER_PROGRAM": "inference.py"})
    created = serving.endpoint("unnamed", container, status="Failed")

    assert created["FailureReason"] == PING_FAILURE
    ((_, messages),) = serving.log("unnamed").items()
    assert "ModuleNotFoundError: No module named 'inference'" in messages


def test_sagemaker_gives_up_after_the_health_check_timeout(serving: Serving) -> None:
    serving.config("patient-1", serving.container("patient", script=BROKEN))
    variant = serving.hosting.variant("patient-1", ContainerStartupHealthCheckTimeoutInSeconds=600)
    serving.hosting.config("patient-2", variant)
    serving.hosting.sagemaker.create_endpoint(EndpointName="patient", EndpointConfigName="patient-2")

    created = serving.hosting.wait("patient", "Failed")

    seconds = (created["LastModifiedTime"] - created["CreationTime"]).total_seconds()
    assert seconds == pytest.approx(420 + 600, abs=0.1)


@pytest.mark.parametrize("place", ["requirements", "archive"])
def test_an_isolated_container_cannot_install_or_download(serving: Serving, place: str) -> None:
    name = f"isolated-{place}"
    container = serving.container(name)
    if place == "requirements":
        content = archive(code__inference=SCRIPT, name=name, **{"code/requirements.txt": "tabulate\n"})
        serving.upload(name, content)
        problem = "install requirements.txt"
    else:
        code = serving.upload("isolated.tar.gz", archive(**{"inference.py": SCRIPT}))
        container["Environment"] = {**SCRIPT_MODE, "SAGEMAKER_SUBMIT_DIRECTORY": code}
        problem = f"download {code}"
    created = serving.endpoint(name, container, status="Failed", EnableNetworkIsolation=True)

    assert created["FailureReason"] == PING_FAILURE
    ((_, messages),) = serving.log(name).items()
    assert messages == [f"The container cannot {problem}: the model has network isolation."]


def test_an_sdk_in_a_container_has_the_rights_of_the_role(serving: Serving) -> None:
    script = SCRIPT.replace('"folder": ', '"session": os.environ.get("AWS_SESSION_TOKEN"), "folder": ')
    serving.endpoint("session", serving.container("session", script=script))
    serving.endpoint("no-session", serving.container("no-session", script=script), EnableNetworkIsolation=True)

    assert serving.invoke("session")["session"]
    assert serving.invoke("no-session")["session"] is None


def test_a_corrupt_archive_fails_the_creation(serving: Serving) -> None:
    uri = serving.upload("corrupt", b"no archive")
    created = serving.endpoint("corrupt", serving.container("corrupt-1", ModelDataUrl=uri), status="Failed")

    assert created["FailureReason"] == (
        f'Failed to extract model data archive for container "container_1" from URL "{uri}". '
        "Please ensure that the object located at the URL is a valid tar.gz archive."
    )


def test_an_artifact_that_was_deleted_fails_the_creation(serving: Serving) -> None:
    container = serving.container("vanished")
    serving.config("vanished-1", container)
    serving.delete("vanished")
    serving.hosting.sagemaker.create_endpoint(EndpointName="vanished", EndpointConfigName="vanished-1")

    assert serving.hosting.wait("vanished", "Failed")["FailureReason"] == (
        f'Failed to download model data for container "container_1" from URL: "{container["ModelDataUrl"]}". Please '
        "ensure that there is an object located at the URL and that the role passed to CreateModel has permissions "
        "to download the object."
    )


def test_the_log_needs_the_rights_of_the_role(serving: Serving) -> None:
    data = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    mute = make_role(serving.hosting.aws, "mute-models", data, service="sagemaker.amazonaws.com")
    serving.endpoint("mute", serving.container("mute"), ExecutionRoleArn=mute)

    assert serving.invoke("mute")["model"] == "mute"
    logs = serving.hosting.aws.client("logs")
    assert logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/Endpoints/mute")["logGroups"] == []


def test_uncompressed_data_is_below_the_prefix(serving: Serving) -> None:
    serving.upload("uncompressed/name", b"plain")
    serving.upload("uncompressed/code/inference.py", SCRIPT.encode())
    source = {"S3Uri": "s3://serving-models/uncompressed/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": SKLEARN, "Environment": SCRIPT_MODE, "ModelDataSource": {"S3DataSource": source}}
    serving.endpoint("uncompressed", container)

    assert serving.invoke("uncompressed")["model"] == "plain"


def test_the_code_can_be_an_archive_in_s3(serving: Serving) -> None:
    code = serving.upload("sourcedir.tar.gz", archive(**{"other.py": SCRIPT}))
    variables = {"SAGEMAKER_PROGRAM": "other.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    serving.endpoint("elsewhere", serving.container("elsewhere", Environment=variables))

    assert serving.invoke("elsewhere")["model"] == "elsewhere"


def test_a_package_has_image_and_data_and_the_model_adds_variables(serving: Serving) -> None:
    packaged = serving.container("packaged", Environment={"SAGEMAKER_PROGRAM": "inference.py"})
    sagemaker = serving.hosting.sagemaker
    sagemaker.create_model_package_group(ModelPackageGroupName="packaged")
    specification = {
        "Containers": [packaged],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    package = sagemaker.create_model_package(
        ModelPackageGroupName="packaged",
        InferenceSpecification=specification,
        ModelApprovalStatus="Approved",
    )["ModelPackageArn"]
    container = {"ModelPackageName": package, "Environment": SCRIPT_MODE}
    serving.endpoint("packaged", container)

    assert serving.invoke("packaged")["model"] == "packaged"


# Several containers and many models


def test_a_pipeline_passes_the_answer_of_each_container_to_the_next(serving: Serving) -> None:
    first, second = (serving.container(f"serial-{each}", ContainerHostname=each) for each in ("first", "second"))
    serving.endpoint("serial", first, second)

    answer = serving.invoke("serial", ContentType="text/csv")

    assert (answer["model"], '"model": "serial-first"' in answer["data"]) == ("serial-second", True)
    assert {stream.split("/")[2] for stream in serving.log("serial")} == {"first", "second"}


def test_containers_can_be_invoked_directly(serving: Serving) -> None:
    containers = [serving.container(f"direct-{each}", ContainerHostname=each) for each in ("first", "second")]
    serving.endpoint("direct", *containers, InferenceExecutionConfig={"Mode": "Direct"})

    for each in ("first", "second"):
        assert serving.invoke("direct", TargetContainerHostname=each)["model"] == f"direct-{each}"


def test_one_broken_container_of_a_pipeline_fails_the_creation(serving: Serving) -> None:
    first = serving.container("half-1", ContainerHostname="first")
    second = serving.container("half-2", ContainerHostname="second", script=BROKEN)
    created = serving.endpoint("half", first, second, status="Failed")

    assert created["FailureReason"] == PING_FAILURE.replace("primary container", "second")


def test_a_multi_model_endpoint_loads_a_model_on_its_first_invocation(serving: Serving) -> None:
    code = serving.upload("many.tar.gz", archive(**{"inference.py": SCRIPT}))
    for each in ("one", "two"):
        serving.upload(f"many/{each}.tar.gz", archive(name=each))
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    prefix = {"ModelDataUrl": "s3://serving-models/many/", "Mode": "MultiModel"}
    serving.endpoint("many", {"Image": SKLEARN, "Environment": variables, **prefix})

    for each in ("one", "two", "one"):
        assert serving.invoke("many", TargetModel=f"{each}.tar.gz", ContentType="text/csv")["model"] == each
    ((_, messages),) = serving.log("many").items()
    assert messages.count("loading") == 2


# Images that cannot run here


@pytest.mark.parametrize(
    ("name", "image", "variables", "reason"),
    [
        (
            "own",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/scoring:1",
            {},
            "only AWS's images sagemaker-scikit-learn and sagemaker-xgboost run here",
        ),
        ("algorithm", XGBOOST, {}, "only its script mode (SAGEMAKER_PROGRAM) with one model runs here"),
    ],
)
def test_an_image_that_cannot_run_is_deployed_and_refuses_to_answer(
    serving: Serving, name: str, image: str, variables: dict[str, str], reason: str
) -> None:
    container = serving.container(name, Image=image, Environment=variables)
    serving.endpoint(f"image-{name}", container)

    with pytest.raises(Exception, match=re.escape(f"Image {image} cannot run here: {reason}.")):
        serving.invoke(f"image-{name}")


def test_a_package_of_awss_image_alone_cannot_run_here(serving: Serving) -> None:
    script = "from sagemaker_containers.beta.framework import worker\n" + SCRIPT
    serving.endpoint("toolkit", serving.container("toolkit", script=script))

    with pytest.raises(Exception, match="the package sagemaker_containers exists in AWS's image only"):
        serving.invoke("toolkit")


# Updates and ends


def test_an_update_replaces_the_process(serving: Serving) -> None:
    serving.endpoint("updated", serving.container("updated-a"))
    before = serving.invoke("updated")
    serving.config("updated-2", serving.container("updated-b"))
    serving.hosting.sagemaker.update_endpoint(EndpointName="updated", EndpointConfigName="updated-2")
    serving.hosting.wait("updated")

    assert serving.invoke("updated")["model"] == "updated-b"
    assert wait_until(lambda: is_gone(before))


@pytest.mark.parametrize(
    ("name", "guardrails"),
    [("plain", {}), ("blue-green", {"DeploymentConfig": blue_green()}), ("rolling", {"DeploymentConfig": ROLLING})],
)
def test_an_update_to_a_broken_script_is_rolled_back(serving: Serving, name: str, guardrails: dict[str, Any]) -> None:
    serving.endpoint(name, serving.container(name))
    before = serving.invoke(name)
    serving.config(f"{name}-2", serving.container(f"{name}-b", script=BROKEN))
    serving.hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2", **guardrails)

    described = serving.hosting.wait(name)

    assert described["FailureReason"] == PING_FAILURE
    assert described["EndpointConfigName"] == f"{name}-1"
    assert serving.invoke(name)["pid"] == before["pid"]


def test_both_fleets_run_during_an_update(serving: Serving) -> None:
    serving.endpoint("both", serving.container("both-a"))
    before = serving.invoke("both")
    serving.config("both-2", serving.container("both-b"))
    canary = blue_green("ALL_AT_ONCE", TerminationWaitInSeconds=3600)
    with serving.hosting.standing_still():
        serving.hosting.sagemaker.update_endpoint(
            EndpointName="both", EndpointConfigName="both-2", DeploymentConfig=canary
        )
        assert wait_until(lambda: len(serving.log("both")) == 2)
        assert serving.invoke("both")["pid"] == before["pid"]
    serving.hosting.wait("both")

    assert wait_until(lambda: is_gone(before))


def test_an_alarm_ends_the_new_fleet(serving: Serving) -> None:
    rollouts = Rollouts(serving.hosting)
    alarm = rollouts.alarm("alarmed-serving")
    serving.endpoint("alarmed-serving", serving.container("alarmed-a"))
    before = serving.invoke("alarmed-serving")
    script = SCRIPT.replace('print("loading"', 'print("process", os.getpid()')
    serving.config("alarmed-serving-2", serving.container("alarmed-b", script=script))
    rollouts.trip_at("alarmed-serving", alarm, "Baking")
    rollouts.begin("alarmed-serving", blue_green(alarms=(alarm,)))

    described = serving.hosting.wait("alarmed-serving")

    assert described["EndpointConfigName"] == "alarmed-serving-1"
    assert serving.invoke("alarmed-serving")["pid"] == before["pid"]
    lines = [line for messages in serving.log("alarmed-serving").values() for line in messages]
    (process,) = (int(line.split()[1]) for line in lines if line.startswith("process"))
    assert wait_until(lambda: not is_running(process))


@pytest.mark.parametrize("guardrails", [{}, {"DeploymentConfig": blue_green()}], ids=["plain", "guarded"])
def test_no_invocation_fails_during_an_update(serving: Serving, guardrails: dict[str, Any]) -> None:
    name = f"loaded-{len(guardrails)}"
    serving.endpoint(name, serving.container(f"{name}-a"))
    serving.config(f"{name}-2", serving.container(f"{name}-b"))

    def models_until_it_is_replaced(_: int) -> set[str]:
        found: set[str] = set()
        while f"{name}-b" not in found:
            found.add(serving.invoke(name)["model"])
        return found

    with ThreadPoolExecutor(2) as callers:
        found = callers.map(models_until_it_is_replaced, range(2))
        serving.hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2", **guardrails)

        assert list(found) == [{f"{name}-a", f"{name}-b"}] * 2


def test_a_deleted_endpoint_leaves_no_process(serving: Serving) -> None:
    serving.endpoint("ended", serving.container("ended"))
    answer = serving.invoke("ended")
    serving.hosting.sagemaker.delete_endpoint(EndpointName="ended")

    assert wait_until(lambda: not serving.hosting.exists("ended"))
    assert wait_until(lambda: is_gone(answer))


def test_a_failed_creation_leaves_no_process(serving: Serving) -> None:
    script = SCRIPT + "\nwith open('/proc/self/stat') as file: print('pid', os.getppid(), flush=True)\nraise ValueError"
    serving.endpoint("left", serving.container("left", script=script), status="Failed")

    ((_, messages),) = serving.log("left").items()
    pid = next(int(each.split()[1]) for each in messages if each.startswith("pid"))
    assert wait_until(lambda: not is_running(pid))


def test_on_the_real_clock_a_fleet_is_in_service_when_its_containers_are() -> None:
    with LocalAws(clock="real") as aws:
        serving = make_serving(aws, make_hosting(aws))
        aws.post("sagemaker/durations", {"instance": 0.001})
        serving.endpoint("at-once", serving.container("at-once-a"))
        assert serving.invoke("at-once")["model"] == "at-once-a"
        serving.config("at-once-2", serving.container("at-once-b"))
        serving.hosting.sagemaker.update_endpoint(EndpointName="at-once", EndpointConfigName="at-once-2")
        serving.hosting.wait("at-once")

        assert serving.invoke("at-once")["model"] == "at-once-b"


def test_the_output_is_sent_without_a_reader(serving: Serving) -> None:
    name = "/aws/sagemaker/Endpoints/unread"
    serving.endpoint("unread", serving.container("unread"))

    def sent() -> list[Any]:
        return [call for call in serving.hosting.aws.get("calls") if _puts_events_of(call, name)]

    assert wait_until(lambda: bool(sent()))


def _puts_events_of(call: dict[str, Any], group: str) -> bool:
    return call["operation"] == "PutLogEvents" and bool(call["parameters"]["logGroupName"] == group)


def test_the_server_leaves_no_process_when_it_is_killed() -> None:
    with LocalAws() as aws:
        serving = make_serving(aws, make_hosting(aws))
        serving.endpoint("orphan", serving.container("orphan"))
        answer = serving.invoke("orphan")

        os.kill(aws.pid, 9)

        assert wait_until(lambda: is_gone(answer))


# Answers that are errors


def test_an_error_of_a_hook_is_a_model_error(serving: Serving) -> None:
    script = SCRIPT.replace("return {", "raise ValueError('no such flower')\n    return {")
    serving.endpoint("raising", serving.container("raising", script=script))

    with pytest.raises(Exception, match=r"Received server error \(500\) from primary with message"):
        serving.invoke("raising")
    ((_, messages),) = serving.log("raising").items()
    assert "ValueError: no such flower" in messages


def test_a_worker_that_crashes_is_a_model_error_and_is_replaced(serving: Serving) -> None:
    script = SCRIPT.replace("return {", "if data == 'crash': os._exit(1)\n    return {")
    serving.endpoint("crashing", serving.container("crashing", script=script))
    before = serving.invoke("crashing")

    with pytest.raises(Exception, match=r"Received server error \(500\) from primary"):
        serving.invoke("crashing", "crash")

    assert serving.invoke("crashing")["pid"] != before["pid"]


def test_a_model_of_a_multi_model_endpoint_must_exist(serving: Serving) -> None:
    code = serving.upload("missing.tar.gz", archive(**{"inference.py": SCRIPT}))
    serving.upload("missing/one.tar.gz", archive(name="one"))
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    prefix = {"ModelDataUrl": "s3://serving-models/missing/", "Mode": "MultiModel"}
    serving.endpoint("missing-model", {"Image": SKLEARN, "Environment": variables, **prefix})

    with refused(
        "ValidationError",
        "Failed to download model data(bucket: serving-models, key: missing/two.tar.gz). Please ensure that there is "
        "an object located at the URL and that the role passed to CreateModel has permissions to download the model.",
    ):
        serving.invoke("missing-model", TargetModel="two.tar.gz")
