"""Handler of the state "Deploy components"."""

from typing import TYPE_CHECKING

from deploy_components.logic import deploy
from shared.aws import Json, client
from shared.observability import handler, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return what was called and found, and whether to call again."""
    progress = deploy(event["plan"], event["previous"], event["now"], SAGEMAKER)
    logger.info("checked", done=progress["done"], components=progress["components"])
    return {**progress}
