"""Puts the alarms that the plan wants."""

from shared.alarms import delete
from shared.aws import Client, Json


def create(replaced: list[str], alarms: list[Json], cloudwatch: Client) -> Json:
    """Put every alarm, or change it if it is there; putting twice is putting once.

    Parameters
    ----------
    replaced : list of str
        Names of alarms that are deleted before, so that they forget their state.
    alarms : list of Json
        Bodies of PutMetricAlarm.

    Returns
    -------
    Json
        ``alarms``: the names, in the same order.
    """
    delete(cloudwatch, replaced)
    for alarm in alarms:
        cloudwatch.put_metric_alarm(**alarm)
    return {"alarms": [alarm["AlarmName"] for alarm in alarms]}
