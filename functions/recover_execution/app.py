"""Handler of the rule on executions that did not succeed."""

import os
from typing import TYPE_CHECKING

from notify.logic import Services
from recover_execution.logic import recover
from recover_execution.recovery import Recovery
from shared.aws import Json, client
from shared.notification import channel
from shared.notification_claims import Sender
from shared.observability import handler, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")
STATES = client("stepfunctions")
SERVICES = Services(
    client("sns"),
    channel(os.environ["FAILURE_TOPIC_ARN"]),
    Sender(client("dynamodb"), os.environ["LOCKS_TABLE_NAME"], "Recover execution", is_patient=True),
    os.environ["DEPLOYMENTS_TABLE_NAME"],
)
RECOVERY = Recovery(
    os.environ["RECOVER_STATE_MACHINE_ARN"],
    os.environ["REMOVE_STATE_MACHINE_ARN"],
    is_enabled=os.environ["ABORT_ROLLS_BACK"] == "true",
)


@handler("detail.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return what was started or released, and the id of the notification."""
    recovered = recover(event["detail"], event["time"], STATES, SAGEMAKER, SERVICES, RECOVERY)
    logger.info("recovered", **recovered)
    return {**recovered}
