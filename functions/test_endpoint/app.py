"""Handler of the state "Test endpoint"."""

from typing import TYPE_CHECKING

from shared.aws import ONE_ATTEMPT, Json, client
from shared.observability import handler, logger
from shared.time_budget import Budget
from test_endpoint.logic import Clients, run_tests

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLIENTS = Clients(runtime=client("sagemaker-runtime", ONE_ATTEMPT), s3=client("s3"))


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the results so far, and whether there is more to do."""
    budget = Budget(context.get_remaining_time_in_millis)
    tested = run_tests(event["plan"], event["previous"], event["now"], CLIENTS, budget)
    logger.info("tested", done=tested["done"], passed=len(tested["results"]))
    return {**tested}
