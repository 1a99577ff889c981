"""The request or the command that undoes a deployment."""

import json
from collections.abc import Iterable

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Json
from shared.endpoints import same_name
from shared.errors import ServiceUnavailable
from shared.records import SCHEDULE, Record, newest

# More records than executions that can wait for an endpoint.
MOST_RECORDS = 100


def how_to_undo(output: Json, own: Record, history: Iterable[Record]) -> str:
    """Return how to undo the deployment: a request, or a command if only weights changed; empty if nothing changed.

    The request names the deployment by its id, because ``rollback: true`` restores a different one after the next
    deployment.

    Parameters
    ----------
    output : Json
        The output of the execution.
    own : Record
        The record of this deployment.
    history : iterable of Record
        The endpoint's records, the newest first; read only if a deployment is to be restored.
    """
    name = output["endpointName"]
    if not output["changed"] or own.kind == SCHEDULE:
        return ""
    if output["action"] == "create":
        removal = {"endpointName": name, "confirm": name}
        return f"Start the state machine RemoveEndpointStateMachine with this input:\n{json.dumps(removal)}"
    around = ("components", "scaling", "alarms", "schedule")
    if output["action"] == "shift" and not any(output[what]["changed"] for what in around):
        weights = (f"VariantName={each},DesiredWeight={weight:g}" for each, weight in output["previousWeights"].items())
        return (
            f"aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {name} "
            f"--desired-weights-and-capacities {' '.join(weights)}"
        )
    try:
        return _restore(output, own, history)
    except (BotoCoreError, ClientError, ServiceUnavailable) as error:
        return f"The history, which names the deployment to restore, cannot be read: {error}"


def _restore(output: Json, own: Record, history: Iterable[Record]) -> str:
    # The lock is released before the notification is sent, so a later deployment may have ended already.
    found, ticks = newest(history, MOST_RECORDS)
    before = [record for record in found if record.is_deployed and record.ended_at < own.ended_at]
    # By end, not by start: an execution can start earlier and wait longer for its turn.
    earlier = max(before, key=lambda record: record.ended_at, default=None)
    live_before = output["previousEndpointConfigName"] or output["endpointConfigName"]
    # A schedule creates the endpoint of the earlier deployment again, with the config that its request has then.
    since = [tick for tick in ticks if earlier and tick.ended_at > earlier.ended_at]
    if earlier is None or not any(same_name(record.config_name, live_before) for record in (earlier, *since)):
        unknown = f"The history has no deployment of config {live_before}, which was live before."
        return f"{unknown} To restore that config, send its request again."
    if earlier.request_hash and earlier.request_hash == own.request_hash:
        return f"Nothing to restore: deployment {earlier.deployment_id}, which was live before, had the same request."
    restore = {"endpointName": output["endpointName"], "rollbackTo": earlier.deployment_id}
    return f"Start the state machine DeployEndpointStateMachine with this input:\n{json.dumps(restore)}"
