"""`make local`: run the local AWS with Slipway deployed in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys

from local_aws import REGION, LocalAws
from tools import stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="make local", description=__doc__)
    parser.add_argument("--port", type=int, default=4599)
    parser.add_argument("--region", default=REGION)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with stack.running(sys.stderr, port=arguments.port, region=arguments.region) as (aws, outputs):
        print(how_to_talk_to(aws, outputs), flush=True)
        try:
            code = aws.wait()
        except KeyboardInterrupt:
            return 0
    print(f"The local AWS ended with exit code {code}.", file=sys.stderr)
    return 1


def how_to_talk_to(aws: LocalAws, outputs: dict[str, str]) -> str:
    """Commands to use the deployed stack, as text for the terminal."""
    role_arn = stack.model_role_arn(aws)
    without_cli = (
        "" if shutil.which("aws") else "  # aws is not on PATH: make check-environment puts it into .venv-check/bin\n"
    )
    listed = "\n".join(f"  {name:<30} {value}" for name, value in outputs.items())
    return f"""READY {aws.url}

  export AWS_ENDPOINT_URL={aws.url} AWS_DEFAULT_REGION={aws.region} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
{without_cli}  aws sagemaker create-model --model-name h2o3-gbm-2019-10-22-17-57-58 --execution-role-arn {role_arn} \\
      --primary-container Image=123456789012.dkr.ecr.{aws.region}.amazonaws.com/h2o3-gbm:latest
  aws stepfunctions start-execution --state-machine-arn {outputs["DeployEndpointStateMachineArn"]} \\
      --input file://events/deploy_endpoint.json

{listed}

Ctrl-C stops it; nothing is kept."""


if __name__ == "__main__":
    sys.exit(main())
