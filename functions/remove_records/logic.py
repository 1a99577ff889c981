"""Removes the history of an endpoint."""

from shared import records
from shared.aws import Client, Json


def remove_all(endpoint_name: str, dynamodb: Client, table_name: str) -> Json:
    """Delete every record of the endpoint.

    Returns
    -------
    Json
        ``records``, how many there were.
    """
    return {"records": records.delete_all(dynamodb, table_name, endpoint_name)}
