"""The state in which an execution failed, and the AWS operation that it called."""

from collections.abc import Iterable
from itertools import islice

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Client, Json
from shared.failures import Caught, failed_in

# The most that GetExecutionHistory returns at a time (Step Functions API reference).
PAGE_EVENTS = 1000
# More than the events that an hour of rollback adds after the failure.
MOST_EVENTS = 5000
LAMBDA = "lambda"

logger = Logger(child=True)


def failed_state(states: Client, execution_arn: str, failure: Caught) -> str | None:
    """Return the sentence that names the state; None if the history does not have the failure, or cannot be read."""
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, reverseOrder=True, includeExecutionData=False, maxResults=PAGE_EVENTS
    )
    try:
        return _sentence(islice((event for page in pages for event in page.get("events", [])), MOST_EVENTS), failure)
    except (BotoCoreError, ClientError) as error:
        logger.warning("history not read", reason=str(error))
        return None


def _sentence(newest_first: Iterable[Json], failure: Caught) -> str | None:
    """Find the newest event with this error, and the state that was entered before it."""
    failed: Json | None = None
    for event in newest_first:
        failed = failed or _details(event, failure)
        if failed is not None and "stateEnteredEventDetails" in event:
            return failed_in(event["stateEnteredEventDetails"]["name"], _operation(failed))
    return None


def _details(event: Json, failure: Caught) -> Json | None:
    """Details of an event that has the failure's error and cause."""
    found = (value for name, value in event.items() if name.endswith("EventDetails"))
    wanted = (failure["Error"], failure.get("Cause") or "")  # null if the task gave none
    return next((details for details in found if (details.get("error"), details.get("cause", "")) == wanted), None)


def _operation(failed: Json) -> str | None:
    service = str(failed.get("resourceType", LAMBDA)).removeprefix("aws-sdk:")
    return None if service == LAMBDA else f"{service}:{failed['resource']}"
