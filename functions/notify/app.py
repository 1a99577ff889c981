"""Handler of the states "Notify success" and "Notify failure" of all state machines."""

import os
from typing import TYPE_CHECKING

from notify import deployment, failure, removal
from notify.failed_state import failed_state
from notify.logic import Services, conclude
from shared import records
from shared.aws import Json, client
from shared.notification import channel
from shared.notification_claims import Sender, run_key
from shared.observability import MetricUnit, handler, logger, metrics, single_metric

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

DYNAMODB = client("dynamodb")
SAGEMAKER = client("sagemaker")
SNS = client("sns")
STATES = client("stepfunctions")
LOCKS_TABLE, DEPLOYMENTS_TABLE = os.environ["LOCKS_TABLE_NAME"], os.environ["DEPLOYMENTS_TABLE_NAME"]
SUCCESS = Services(
    SNS,
    channel(os.environ["SUCCESS_TOPIC_ARN"]),
    Sender(DYNAMODB, LOCKS_TABLE, "Notify success"),
    DEPLOYMENTS_TABLE,
)
FAILURE = Services(
    SNS,
    channel(os.environ["FAILURE_TOPIC_ARN"]),
    Sender(DYNAMODB, LOCKS_TABLE, "Notify failure"),
    DEPLOYMENTS_TABLE,
)


@handler("execution.arn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the output of the execution, or the error and cause of its failure."""
    if "failure" in event:
        return _failed(event)
    return _removed(event) if "removal" in event else _deployed(event)


def _deployed(event: Json) -> Json:
    plan, execution, now = event["plan"], event["execution"], event["now"]
    history = records.newest_first(SUCCESS.sender.dynamodb, DEPLOYMENTS_TABLE, plan["endpointName"])
    # An execution that began before an update of the stack has no components.
    answers = deployment.Answers(event["endpoint"], event.get("components"), event["tests"], event["cleanUp"])
    deployed = deployment.of_plan(plan, answers, execution, now, history)
    message_id = conclude(deployed, execution["arn"], execution["arn"], now, SUCCESS)
    output = deployed.output
    metrics.add_metric(name="DeploymentsSucceeded", unit=MetricUnit.Count, value=1)
    if output["action"] in ("create", "update"):
        metrics.add_metric(name="SecondsToInService", unit=MetricUnit.Seconds, value=output["secondsToInService"])
    logger.info("notified", endpoint=output["endpointName"], changed=output["changed"], message_id=message_id)
    return output | {"messageId": message_id}


def _removed(event: Json) -> Json:
    execution, now = event["execution"], event["now"]
    removed = removal.of_plan(event["plan"], event["removal"], execution, now)
    message_id = conclude(removed, execution["arn"], execution["arn"], now, SUCCESS)
    output = removed.output
    metrics.add_metric(name="RemovalsSucceeded", unit=MetricUnit.Count, value=1)
    logger.info("notified", endpoint=output["endpointName"], changed=output["changed"], message_id=message_id)
    return output | {"messageId": message_id}


def _failed(event: Json) -> Json:
    run, execution_arn, now = event["run"], event["execution"]["arn"], event["now"]
    key = run_key(execution_arn, run["arn"], run["redriveCount"])
    if run["redriveCount"]:
        failed, lock_holder = failure.of_redrive(_facts(event), SAGEMAKER), None
    else:
        where = failed_state(STATES, execution_arn, event["failure"])
        failed, lock_holder = failure.of_facts(_facts(event), now, SAGEMAKER, failed_state=where), run["arn"]
    message_id = conclude(failed, key, lock_holder, now, FAILURE)
    error = failed.error.__name__
    # One metric for all errors, and one for each error.
    name = "RemovalsFailed" if failed.is_removal else "DeploymentsFailed"
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    with single_metric(name=name, unit=MetricUnit.Count, value=1) as by_error:
        by_error.add_dimension(name="stage", value=FAILURE.channel.stage)
        by_error.add_dimension(name="Error", value=error)
    logger.info("notified", endpoint=failed.endpoint_name, error=error, message_id=message_id)
    return {"error": error, "cause": failed.cause, "messageId": message_id}


def _facts(event: Json) -> failure.FailureFacts:
    return failure.FailureFacts(
        plan=event["plan"],
        request=event["request"],
        failure=event["failure"],
        roll_back=event["rollBack"],
        execution=event["execution"],
    )
