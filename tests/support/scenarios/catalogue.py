"""The list of scenarios, and what many of them ask for."""

from collections.abc import Callable
from typing import Any

from tests.support import project
from tests.support.deployment import Run, Slipway

# A native call of DynamoDB and its six retries; a denied call is retried, too, for it has the name of a throttled one.
DYNAMODB_ATTEMPTS = 7

Scenario = Callable[[Slipway], Run]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """List the decorated function under its name; its endpoint bears it, too."""
    SCENARIOS[function.__name__] = function
    return function


def request(name: str, **changes: Any) -> dict[str, Any]:
    """The field's original payload for an endpoint named after the scenario."""
    return {**project.event("deploy_endpoint"), "endpointName": endpoint(name), **changes}


def newer(name: str) -> dict[str, Any]:
    """The same with another model."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return request(name, productionVariants=[{**variant, "ModelName": f"{endpoint(name)}-2"}])


def confirmed(name: str, **changes: Any) -> dict[str, Any]:
    """The request to remove the endpoint named after the scenario."""
    return {"endpointName": endpoint(name), "confirm": endpoint(name), **changes}


def settled(slipway: Slipway, run: Run) -> str:
    """The ARN of an execution that failed, and of which nothing will free a lock any more."""
    slipway.wait_for_rule(run.arn)
    return run.arn


def unseen_holder(slipway: Slipway, name: str) -> None:
    """Let an execution hold the lock that nobody may look at."""
    unseen = slipway.execution_named("unseen")
    slipway.lock(endpoint(name), unseen)
    match = {"executionArn": unseen}
    slipway.fault("stepfunctions", "DescribeExecution", "AccessDeniedException", "not now", match=match)


def unseen_once(slipway: Slipway, service: str, operation: str, role: str) -> None:
    """Let AWS not find, the first time, what the function of this role is to remove.

    Of several alarms CloudWatch does not say which; then they are removed one by one.
    """
    code, times = ("ResourceNotFound", 2) if service == "cloudwatch" else ("ObjectNotFoundException", 1)
    slipway.fault(service, operation, code, "not seen yet", principal=role, times=times)


def endpoint(name: str) -> str:
    return f"scenario-{name.replace('_', '-')}"
