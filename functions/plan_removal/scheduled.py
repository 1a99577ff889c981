"""The rule for a removal by a schedule: what its next deployment cannot restore is not removed."""

from collections.abc import Iterator

from shared.aws import Json
from shared.errors import EndpointNotOwned
from shared.planning.scaling_snapshot import Snapshot
from shared.planning.ticks import Due


def require_restorable(endpoint: Json | None, scaling: Snapshot, due: Due) -> None:
    """Check that the last deployment restores all that a removal deletes.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.
    scaling : Snapshot
        The registered scaling of the endpoint.

    Raises
    ------
    EndpointNotOwned
        If another user or tool changed the config of the endpoint, or added to its scaling.
    """
    external = [*_config(endpoint, due), *scaling.external(due.deployment.endpoint_name)] if endpoint else []
    if endpoint and external:
        raise EndpointNotOwned(
            f"Endpoint {endpoint['EndpointName']} is kept outside its hours, because its schedule could not restore "
            f"what another user or tool created: {', '.join(external)}. Put it into the request, or delete it; or send "
            "the request without schedule."
        )


def _config(endpoint: Json, due: Due) -> Iterator[str]:
    name = str(endpoint["EndpointConfigName"])
    if name.lower() not in due.config_names:
        yield f"config {name}, which is not of deployment {due.deployment.deployment_id}"
