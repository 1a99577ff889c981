"""The alarms that roll back updates of inference components, as CloudWatch describes them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from plan_deployment.guardrails import alarms
from plan_deployment.request.components import Component
from shared.aws import Client, Json
from shared.errors import InvalidRequest
from shared.planning.faults import message

FIELD = "AutoRollbackConfiguration"


def with_possible_alarms(
    components: Iterable[Component], updated: Iterable[str], cloudwatch: Callable[[], Client], *, is_rollback: bool
) -> tuple[list[Component], list[str]]:
    """Return the components with alarms that SageMaker can watch, and warnings about those that are left out.

    Parameters
    ----------
    updated : iterable of str
        Names of the components that are updated: their alarms must not be in ALARM.
    cloudwatch : callable
        Returns the client; called only if there are alarms.

    Raises
    ------
    InvalidRequest
        If SageMaker would refuse an alarm. A rollback must be possible, so it goes without the alarm.
    """
    now, faults, kept, warnings = set(updated), [], [], []
    for component in components:
        places = _places(component)
        found = alarms.describe(cloudwatch(), list(places)) if places else {}
        unfit = dict(alarms.missing(places, found))
        unfit |= dict(alarms.already_on(places, found)) if component.name in now else {}
        faults += list(unfit.values())
        warnings += [
            f"This alarm is left out of the rollback: {each.problem} ({each.pointer})." for each in unfit.values()
        ]
        kept.append(_without(component, unfit))
    if faults and not is_rollback:
        raise InvalidRequest(message("The request", faults))
    return kept, warnings


def _places(component: Component) -> dict[str, str]:
    """Return the JSON pointer of each alarm, by its name."""
    named = component.deployment.get(FIELD, {}).get("Alarms", [])
    at = f"{component.pointer}/DeploymentConfig/{FIELD}/Alarms"
    return {each["AlarmName"]: f"{at}/{index}/AlarmName" for index, each in enumerate(named)}


def _without(component: Component, names: Iterable[str]) -> Component:
    unfit = set(names)
    if not unfit:
        return component
    left = [each for each in component.deployment[FIELD]["Alarms"] if each["AlarmName"] not in unfit]
    deployment: Json = {name: value for name, value in component.deployment.items() if name != FIELD}
    return replace(component, deployment=deployment | ({FIELD: {"Alarms": left}} if left else {}))
