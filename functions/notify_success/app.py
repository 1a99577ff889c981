"""Doorway of the state "Notify success"."""

import os
from typing import TYPE_CHECKING

from notify_success.logic import message, result
from notify_success.undo import how_to_undo
from shared import records
from shared.announcements import Speaker, tell_once
from shared.aws import Json, client
from shared.notification import channel, publish
from shared.observability import MetricUnit, doorway, logger, metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SNS = client("sns")
CHANNEL = channel(os.environ["SUCCESS_TOPIC_ARN"])
DEPLOYMENTS_TABLE = os.environ["DEPLOYMENTS_TABLE_NAME"]
SPEAKER = Speaker(client("dynamodb"), os.environ["LOCKS_TABLE_NAME"], "Notify success")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """The execution's output, announced."""
    output = result(event["plan"], event["endpoint"], event["execution"]["name"])
    execution_arn = event["execution"]["arn"]
    record = records.of_plan(
        event["plan"], event["execution"], event["now"], output["outcome"], changed=output["changed"]
    )
    unwritten = records.write(SPEAKER.dynamodb, DEPLOYMENTS_TABLE, record)
    if unwritten:
        output["warnings"].append(unwritten)
    undo = how_to_undo(output, records.newest_first(SPEAKER.dynamodb, DEPLOYMENTS_TABLE, output["endpointName"]))
    message_id = tell_once(
        SPEAKER, execution_arn, event["now"], lambda: publish(SNS, CHANNEL, message(output, execution_arn, undo))
    )
    metrics.add_metric(name="DeploymentsSucceeded", unit=MetricUnit.Count, value=1)
    if output["action"] in ("create", "update"):
        metrics.add_metric(name="SecondsToInService", unit=MetricUnit.Seconds, value=output["secondsToInService"])
    logger.info("announced", endpoint=output["endpointName"], changed=output["changed"], message_id=message_id)
    return output | {"messageId": message_id}
