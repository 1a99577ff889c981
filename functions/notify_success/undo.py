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
        deployed = [record for record in islice(history, MOST_RECORDS) if record.is_deployed]
    except (BotoCoreError, ClientError, ServiceUnavailable) as error:
        return f"The history, which names the deployment to restore, could not be read: {error}"
    own = [record for record in deployed if record.deployment_id == output["deploymentId"]]
    # Executions may wait, so the deployment before is not the one that started last.
    former = max((each for each in deployed if each not in own), key=lambda each: each.ended_at, default=None)
    if former is None or not same_name(former.config_name, live_before):
        unknown = f"No recorded deployment led to config {live_before}, which was live before."
        return f"{unknown} To restore it, send its request again."
    if former.request_hash and any(each.request_hash == former.request_hash for each in own):
        return f"Nothing to restore: deployment {former.deployment_id}, which was live before, asked for the same."
    return f"Start an execution with {json.dumps({'endpointName': name, 'rollbackTo': former.deployment_id})}"
