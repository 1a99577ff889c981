"""The server leaves no processes and files behind, however it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import LocalAws
from support.functions import invoke, make_function
from support.machines import TRUST
from support.processes import is_running, wait_until

# Returns its process id, and leaves a child process running.
RESTLESS = """
import os, subprocess

def handler(event, context):
    child = subprocess.Popen(["sleep", "1000"])
    return {"processes": [os.getpid(), child.pid, os.getppid()], "folder": os.path.dirname(os.environ["TMPDIR"])}
"""

PARENT = """
import json, signal
from local_aws import LocalAws
from support.functions import invoke, make_function

local_aws = LocalAws()
make_function(local_aws, "restless", {source!r})
print(json.dumps(invoke(local_aws, "restless")), flush=True)
signal.pause()
"""


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_functions_end_and_the_folder_is_removed_when_the_server_gets(signal_number: signal.Signals) -> None:
    with LocalAws() as local_aws:
        make_function(local_aws, "restless", RESTLESS)
        left = invoke(local_aws, "restless")
        function, child, emulator = left["processes"]
        assert is_running(function)
        assert is_running(child)
        assert Path(left["folder"]).is_dir()

        os.kill(emulator, signal_number)

        assert wait_until(lambda: not any(map(is_running, left["processes"])))
        assert wait_until(lambda: not Path(left["folder"]).exists())


def test_server_ends_when_the_process_that_started_it_is_killed() -> None:
    command = [sys.executable, "-c", PARENT.format(source=RESTLESS)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        left = json.loads(parent.stdout.readline())
        assert all(map(is_running, left["processes"]))

        parent.kill()

    assert wait_until(lambda: not any(map(is_running, left["processes"])))
    assert wait_until(lambda: not Path(left["folder"]).exists())


def test_server_ends_at_once_while_an_execution_waits_in_real_time() -> None:
    with LocalAws(clock="real") as local_aws:
        iam, stepfunctions = local_aws.client("iam"), local_aws.client("stepfunctions")
        role = iam.create_role(RoleName="waiting", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        states = {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}
        machine = stepfunctions.create_state_machine(
            name="waiting", roleArn=role, definition=json.dumps({"StartAt": "Wait", "States": states})
        )
        stepfunctions.start_execution(stateMachineArn=machine["stateMachineArn"])

    assert not is_running(local_aws.pid)  # leaving the block has not timed out
