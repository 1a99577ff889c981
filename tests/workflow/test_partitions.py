"""The real template in a partition other than the commercial one."""

import json

from tests.support import project
from tests.support.deployment import deployment


def test_an_endpoint_is_deployed_scaled_and_notified_in_china() -> None:
    with deployment(region="cn-north-1") as slipway:
        run = slipway.deploy({**project.event("deploy_endpoint"), "alarms": "create"})

        assert run.status == "SUCCEEDED", run.cause
        assert run.output["endpointArn"] == "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/test-endpoint"
        assert slipway.scaling("test-endpoint")["AllTraffic"][:2] == (1, 4)
        assert "https://cn-north-1.console.amazonaws.cn/" in json.dumps(run.message)
        assert "arn:aws:" not in json.dumps([run.output, run.message, slipway.outputs])
