"""Doorway of the state "Notify failure"."""

import os
from typing import TYPE_CHECKING

from notify_failure.failed_state import failed_state
from notify_failure.logic import message, put_on_record, understand
from shared import records
from shared.announcements import Speaker, tell_once
from shared.aws import Json, client
from shared.notification import channel, publish
from shared.observability import MetricUnit, doorway, logger, metrics, single_metric

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")
SNS = client("sns")
STATES = client("stepfunctions")
CHANNEL = channel(os.environ["FAILURE_TOPIC_ARN"])
DEPLOYMENTS_TABLE = os.environ["DEPLOYMENTS_TABLE_NAME"]
SPEAKER = Speaker(client("dynamodb"), os.environ["LOCKS_TABLE_NAME"], "Notify failure")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Error and cause of the execution, announced."""
    execution_arn = event["execution"]["arn"]
    known = event | {"failedState": failed_state(STATES, execution_arn, event["failure"])}
    failure = put_on_record(understand(known, SAGEMAKER), event, SPEAKER.dynamodb, DEPLOYMENTS_TABLE)
    error = failure.ending.__name__
    message_id = tell_once(
        SPEAKER, execution_arn, event["now"], lambda: publish(SNS, CHANNEL, message(failure, execution_arn))
    )
    # Twice: in all, and by the name of the ending.
    counted = "RemovalsFailed" if failure.kind == records.REMOVAL else "DeploymentsFailed"
    metrics.add_metric(name=counted, unit=MetricUnit.Count, value=1)
    with single_metric(name=counted, unit=MetricUnit.Count, value=1) as by_error:
        by_error.add_dimension(name="stage", value=CHANNEL.stage)
        by_error.add_dimension(name="Error", value=error)
    logger.info("announced", endpoint=failure.endpoint_name, error=error, message_id=message_id)
    return {"error": error, "cause": failure.cause, "messageId": message_id}
