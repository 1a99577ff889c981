"""Deletion of the inference components that an endpoint hosts, adapters first, polled until they are gone."""

from shared import components, deletion
from shared.aws import Client, Json
from shared.errors import DeadlineExceeded
from shared.moments import seconds_between
from shared.plan import PlanWithSteps, Step

NAME = "InferenceComponentName"


def existing(plan: PlanWithSteps, steps: list[Step], sagemaker: Client) -> list[Json]:
    """Return DescribeInferenceComponent's answers of the components of the steps that still exist."""
    names = [step["request"][NAME] for step in steps]
    found = components.of_endpoint(sagemaker, plan["endpointName"]) if names else []
    return [each for each in found if each[NAME] in names]


def delete(plan: PlanWithSteps, found: list[Json], now: str, sagemaker: Client) -> int:
    """Delete the adapters, or the bases if no adapter is left; return the seconds until the next check.

    SageMaker refuses the deletion of a component that is being created or updated: it is deleted later.

    Raises
    ------
    DeadlineExceeded
        If there are components at the plan's deadline.
    RequestRefused
        If SageMaker refuses a deletion for another reason.
    """
    if seconds_between(now, plan["deadlineAt"]) <= 0:
        states = "; ".join(map(_state, found))
        raise DeadlineExceeded(f"{states}. The deadline for the deletion was {plan['deadlineAt']}.")
    adapters = [each for each in found if components.base_of(each)]
    for each in adapters or found:
        if each["InferenceComponentStatus"] not in components.CHANGING:
            components.delete(sagemaker, each[NAME])
    return deletion.wait_seconds(plan, now)


def _state(component: Json) -> str:
    reason = f" ({component['FailureReason']})" if component.get("FailureReason") else ""
    return f"Inference component {component[NAME]} is {component['InferenceComponentStatus']}{reason}"
