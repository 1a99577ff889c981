"""Calls that SageMaker refused although an earlier attempt succeeded.

If the answer to a successful call is lost, SageMaker refuses the retry ("Cannot create already existing", "Cannot
update in-progress"). That is not a failure, so the deployment must not be rolled back.
"""

from collections.abc import Callable, Iterable
from typing import NotRequired, TypedDict

from shared import endpoints, weights
from shared.aws import Client, Json
from shared.errors import SlipwayError
from shared.failures import Caught, error_of, failed_in
from shared.plan import DeploymentPlan, Step


class Refused(TypedDict):
    """A call that SageMaker refused.

    Attributes
    ----------
    state : str
        The state that made it.
    modelName : str
        Only of CreateModel, which an execution can call several times.
    failure : Caught
        Error and cause that its Catch received.
    """

    state: str
    operation: str
    modelName: NotRequired[str]
    failure: Caught


def require_carried_out(plan: DeploymentPlan, refused: Iterable[Refused], sagemaker: Client) -> None:
    """Check that each refused call was carried out by an earlier attempt.

    Only refused calls are checked, because SageMaker may not show yet what a successful call has just created.

    Raises
    ------
    SlipwayError
        The first refusal of a call that was not carried out, as the documented error that it means. Its message also
        has the refusals of other calls in the same state; refusals in later states can be a consequence.
    """
    missed = [each for each in refused if not _is_carried_out(each, plan, sagemaker)]
    refusals = [refusal(each) for each in missed if each["state"] == missed[0]["state"]]
    if refusals:
        raise type(refusals[0])("\n".join(map(str, refusals)))


def refusal(refused: Refused) -> SlipwayError:
    """Return the refusal as the documented error that it means, with SageMaker's words and the state."""
    error, text = error_of(refused["failure"])
    operation = refused["operation"]
    state = " for model ".join(filter(None, (refused["state"], refused.get("modelName"))))
    where = failed_in(state, f"sagemaker:{operation[0].lower()}{operation[1:]}")
    return error(f"{text}\n{where}")


def _is_carried_out(refused: Refused, plan: DeploymentPlan, sagemaker: Client) -> bool:
    steps = (step for step in plan["steps"] if step["operation"] == refused["operation"])
    model_name = refused.get("modelName")
    step = next((step for step in steps if step["request"].get("ModelName") == model_name), None)
    return step is not None and was_carried_out(step, plan, sagemaker)


def was_carried_out(step: Step, plan: DeploymentPlan, sagemaker: Client) -> bool:
    """Whether the change of the step is made already: by this execution, or a model by any other."""
    return CHECKS[step["operation"]](step, plan, sagemaker)


def _model(step: Step, _: DeploymentPlan, sagemaker: Client) -> bool:
    """The name contains a hash of the content, so another execution's model of this name is the same model."""
    return endpoints.describe_model(sagemaker, step["request"]["ModelName"]) is not None


def _config(step: Step, plan: DeploymentPlan, sagemaker: Client) -> bool:
    found = endpoints.describe_config(sagemaker, step["request"]["EndpointConfigName"])
    return _is_own(found, "EndpointConfigArn", plan, sagemaker)


def _endpoint(step: Step, plan: DeploymentPlan, sagemaker: Client) -> bool:
    found = endpoints.describe_endpoint(sagemaker, step["request"]["EndpointName"])
    return _is_own(found, "EndpointArn", plan, sagemaker)


def _is_own(found: Json | None, arn: str, plan: DeploymentPlan, sagemaker: Client) -> bool:
    """Whether the resource exists and has this execution's tag; `arn` is the member that has its ARN."""
    return found is not None and endpoints.is_created_by(sagemaker, found[arn], plan["executionArn"])


def _update(step: Step, plan: DeploymentPlan, sagemaker: Client) -> bool:
    """An update adds no tag, but the endpoint changes to the plan's config, whose name contains a content hash."""
    found = endpoints.describe_endpoint(sagemaker, step["request"]["EndpointName"])
    if found is None:
        return False
    target = endpoints.pending_config(found) or found["EndpointConfigName"]
    return endpoints.same_name(target, plan["endpointConfigName"])


def _weights(step: Step, plan: DeploymentPlan, sagemaker: Client) -> bool:
    """A change of weights adds no tag either, but SageMaker shows them as desired weights at once."""
    found = endpoints.describe_endpoint(sagemaker, step["request"]["EndpointName"])
    if found is None or endpoints.pending_config(found):
        return False
    return not weights.differ(plan["weights"], weights.desired(found))


CHECKS: dict[str, Callable[[Step, DeploymentPlan, Client], bool]] = {
    "CreateModel": _model,
    "CreateEndpointConfig": _config,
    "CreateEndpoint": _endpoint,
    "UpdateEndpoint": _update,
    "UpdateEndpointWeightsAndCapacities": _weights,
}
