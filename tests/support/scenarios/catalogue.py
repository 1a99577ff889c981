"""List of the scenarios, and the requests that many of them use."""

from collections.abc import Callable
from typing import Any

from tests.support import project
from tests.support.deployment import Run, Slipway

# A native DynamoDB call and its six retries; AccessDenied is retried too because throttling uses the same name.
DYNAMODB_ATTEMPTS = 7

Scenario = Callable[[Slipway], Run]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """Register the decorated function under its name, which is also the name of its endpoint."""
    SCENARIOS[function.__name__] = function
    return function


def request(name: str, **changes: Any) -> dict[str, Any]:
    """The original payload of the field for the scenario's endpoint."""
    return {**project.event("deploy_endpoint"), "endpointName": endpoint(name), **changes}


def newer(name: str) -> dict[str, Any]:
    """The same request with another model."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return request(name, productionVariants=[{**variant, "ModelName": f"{endpoint(name)}-2"}])


def confirmed(name: str, **changes: Any) -> dict[str, Any]:
    """The request to remove the scenario's endpoint."""
    return {"endpointName": endpoint(name), "confirm": endpoint(name), **changes}


def handled_by_rule(slipway: Slipway, run: Run) -> str:
    """Wait until the rule has handled a failed execution, so that nothing releases its lock later; return its ARN."""
    slipway.wait_for_rule(run.arn)
    return run.arn


def inaccessible_lock_holder(slipway: Slipway, name: str) -> None:
    """Give the lock to an execution that cannot be described."""
    hidden = slipway.execution_named("hidden")
    slipway.lock(endpoint(name), hidden)
    match = {"executionArn": hidden}
    slipway.fault("stepfunctions", "DescribeExecution", "AccessDeniedException", "not now", match=match)


def not_found_at_first(slipway: Slipway, service: str, operation: str, role: str) -> None:
    """Let AWS report once that the resource which the function of this role removes does not exist.

    For several alarms CloudWatch does not report which one is missing; they are then removed one by one.
    """
    code, times = ("ResourceNotFound", 2) if service == "cloudwatch" else ("ObjectNotFoundException", 1)
    slipway.fault(service, operation, code, "not found", principal=role, times=times)


def endpoint(name: str) -> str:
    return f"scenario-{name.replace('_', '-')}"
