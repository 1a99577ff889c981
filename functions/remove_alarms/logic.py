"""Removes the alarms that nobody asks for any more."""

from shared.alarms import delete
from shared.aws import Client, Json


def remove_all(names: list[str], cloudwatch: Client) -> Json:
    """Delete every alarm; what is not there is done.

    Returns
    -------
    Json
        ``alarms``, their names.
    """
    delete(cloudwatch, names)
    return {"alarms": names}
