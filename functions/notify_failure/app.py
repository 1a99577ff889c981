"""Doorway of the state "Notify failure"."""

import os
from typing import TYPE_CHECKING

from notify_failure.failed_state import failed_state
from notify_failure.logic import REDRIVEN, Failure, message, put_on_record, understand
from shared import records
from shared.announcements import Speaker, run_of, tell_once
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
    execution_arn, run = event["execution"]["arn"], event["run"]
    failure = _redriven(event) if run["redriveCount"] else _failure(event)
    error = failure.ending.__name__
    message_id = tell_once(
        SPEAKER,
        run_of(execution_arn, run["arn"], run["redriveCount"]),
        event["now"],
        lambda: publish(SNS, CHANNEL, message(failure, execution_arn)),
    )
    # Twice: in all, and by the name of the ending.
    counted = "RemovalsFailed" if failure.kind == records.REMOVAL else "DeploymentsFailed"
    metrics.add_metric(name=counted, unit=MetricUnit.Count, value=1)
    with single_metric(name=counted, unit=MetricUnit.Count, value=1) as by_error:
        by_error.add_dimension(name="stage", value=CHANNEL.stage)
        by_error.add_dimension(name="Error", value=error)
    logger.info("announced", endpoint=failure.endpoint_name, error=error, message_id=message_id)
    return {"error": error, "cause": failure.cause, "messageId": message_id}


def _failure(event: Json) -> Failure:
    known = event | {"failedState": failed_state(STATES, event["execution"]["arn"], event["failure"])}
    return put_on_record(understand(known, SAGEMAKER), event, SPEAKER.dynamodb, DEPLOYMENTS_TABLE)


def _redriven(event: Json) -> Failure:
    """The history keeps the record of the deployment itself."""
    return understand(event | REDRIVEN, SAGEMAKER)
