"""Handler of the state "Register scaling"."""

from typing import TYPE_CHECKING

from register_scaling.logic import register
from shared.aws import Json, client
from shared.execute import ClientsOnDemand
from shared.observability import handler

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLIENTS = ClientsOnDemand(
    {"application-autoscaling": client("application-autoscaling"), "cloudwatch": client("cloudwatch")}
)


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the calls that were made."""
    plan = event["plan"]
    # An execution that began before an update of the stack gives no time: its state machine is still the former one.
    return {"calls": register(plan, event.get("now", plan["turnSince"]), CLIENTS)}
