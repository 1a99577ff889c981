"""`make local`: run the local AWS with Slipway deployed in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_aws import LocalAws

PORT, REGION = 4599, "eu-west-1"
BIN = ".venv/bin"
HIGHEST_PORT = 65535


class Exit(IntEnum):
    """Exit codes of `make local`."""

    STOPPED = 0  # by Ctrl-C
    ENDED = 1  # the local AWS ended by itself
    PORT_UNAVAILABLE = 2
    STACK_FAILED = 3  # `sam deploy` failed


def main() -> Exit:
    parser = argparse.ArgumentParser(prog="make local", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--region", default=REGION)
    arguments = parser.parse_args()
    if reason := why_unavailable(arguments.port):
        other = PORT + 1 if arguments.port == PORT else PORT
        print(f"Port {arguments.port}: {reason}. Choose another port: make local PORT={other}", file=sys.stderr)
        return Exit.PORT_UNAVAILABLE
    print(
        f"Starting the local AWS on port {arguments.port}, then deploying Slipway there …", file=sys.stderr, flush=True
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.STOPPED))
    try:
        return run(arguments.port, arguments.region)
    except KeyboardInterrupt:
        return Exit.STOPPED


def run(port: int, region: str) -> Exit:
    """Run the local AWS until it ends or is interrupted."""
    from tools import stack  # imports the AWS SDK, which takes a second

    try:
        with stack.running(sys.stderr, port=port, region=region) as (aws, outputs):
            print(how_to_use(aws, stack.model_role_arn(aws), outputs), flush=True)
            code = aws.wait()
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED
    print(f"The local AWS ended with exit code {code}.", file=sys.stderr)
    return Exit.ENDED


def why_unavailable(port: int) -> str | None:
    """Return why no server can listen on the port of this machine; None if one can."""
    if not 0 <= port <= HIGHEST_PORT:
        return f"a port is a number from 0 to {HIGHEST_PORT}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            return os.strerror(error.errno or 0)
    return None


def how_to_use(aws: LocalAws, role_arn: str, outputs: Mapping[str, str]) -> str:
    """Lines to copy into another terminal, and the outputs of the stack."""
    width = max(map(len, outputs))
    without_cli = "" if shutil.which("aws") else " (make check-environment puts aws into .venv-check/bin)"
    parts = {
        "Copy these lines into another terminal:": [
            "unset AWS_PROFILE AWS_SESSION_TOKEN",
            f"export AWS_ENDPOINT_URL={aws.url} AWS_REGION={aws.region} AWS_DEFAULT_REGION={aws.region}",
            "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
            *([] if shutil.which("slipway") else [f'export PATH="$PATH:$PWD/{BIN}"']),
            f"machine={outputs['DeployEndpointStateMachineArn']}",
            f"removal={outputs['RemoveEndpointStateMachineArn']}",
        ],
        f"Create a model{without_cli}:": [
            f"aws sagemaker create-model --model-name h2o3-gbm-2019-10-22-17-57-58 --execution-role-arn {role_arn} \\",
            f"  --primary-container Image=123456789012.dkr.ecr.{aws.region}.amazonaws.com/h2o3-gbm:latest",
        ],
        "Deploy it, and show the endpoint:": ["slipway deploy events/deploy_endpoint.json --yes", "slipway status"],
        "Or deploy it with the AWS CLI:": [
            'aws stepfunctions start-execution --state-machine-arn "$machine" --input file://events/deploy_endpoint.json'
        ],
        "Outputs of the stack:": [f"{name:<{width}}  {value}" for name, value in outputs.items()],
    }
    text = "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts.items())
    return f"READY {aws.url}\n\n{text}\n\nCtrl-C stops it; nothing is kept."


if __name__ == "__main__":
    sys.exit(main())
