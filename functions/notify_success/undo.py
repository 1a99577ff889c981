"""The request that undoes a deployment."""

import json
from collections.abc import Iterable
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Json
from shared.endpoints import same_name
from shared.errors import ServiceUnavailable
from shared.records import Record

# More deployments of an endpoint do not wait at a time.
MOST_RECORDS = 100


def how_to_undo(output: Json, history: Iterable[Record]) -> str:
    """A sentence with the request, or the command where only weights were changed; empty where nothing was.

    Not `rollback`, which means another deployment as soon as there is another one, or this one is a rollback.

    Parameters
    ----------
    output : Json
        The execution's output.
    history : iterable of Record
        The endpoint's records, the newest first; read only where a deployment is to be restored.
    """
    name = output["endpointName"]
    if not output["changed"]:
        return ""
    if output["action"] == "create":
        removal = json.dumps({"endpointName": name, "confirm": name})
        return f"Start an execution of the state machine that removes endpoints with {removal}"
    if output["action"] == "shift" and not (output["scaling"]["changed"] or output["alarms"]["changed"]):
        weights = (f"VariantName={each},DesiredWeight={weight:g}" for each, weight in output["previousWeights"].items())
        return (
            f"aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {name} "
            f"--desired-weights-and-capacities {' '.join(weights)}"
        )
    live_before = output["previousEndpointConfigName"] or output["endpointConfigName"]
    try:
        former = _former(output["deploymentId"], history)
    except (BotoCoreError, ClientError, ServiceUnavailable) as error:
        return f"The history, which names the deployment to restore, could not be read: {error}"
    if former is None or not same_name(former.config_name, live_before):
        unknown = f"No recorded deployment led to config {live_before}, which was live before."
        return f"{unknown} To restore it, send its request again."
    return f"Start an execution with {json.dumps({'endpointName': name, 'rollbackTo': former.deployment_id})}"


def _former(deployment_id: str, history: Iterable[Record]) -> Record | None:
    """The deployment that ended last before this one: executions may wait, so not the one that started last."""
    others = [record for record in islice(history, MOST_RECORDS) if record.deployment_id != deployment_id]
    return max((each for each in others if each.is_deployed), key=lambda each: each.ended_at, default=None)
