"""The models of a deployment: whether they exist and suit what they run on, and the step that creates one."""

from collections.abc import Callable, Iterable, Iterator

from plan_deployment.request.fields import PRODUCTION, runs_serverless
from shared import endpoints
from shared.aws import Client, Json
from shared.errors import InvalidRequest, ModelNotFound
from shared.plan import Step
from shared.planning import calls
from shared.planning.faults import Fault, message


def containers(model: Json) -> list[Json]:
    """Containers of a model, as DescribeModel or the body of CreateModel has them."""
    return [*model.get("Containers", []), *([model["PrimaryContainer"]] if "PrimaryContainer" in model else [])]


# SageMaker developer guide, serverless-endpoints: feature exclusions; API reference, ModelDataSource.
NOT_SERVERLESS: tuple[tuple[str, Callable[[Json], bool]], ...] = (
    ("a network configuration", lambda model: bool(model.get("VpcConfig"))),
    ("network isolation", lambda model: bool(model.get("EnableNetworkIsolation"))),
    ("an inference pipeline", lambda model: len(containers(model)) > 1),
    ("a multi-model container", lambda model: any(each.get("Mode") == "MultiModel" for each in containers(model))),
    ("a ModelDataSource", lambda model: any(each.get("ModelDataSource") for each in containers(model))),
    ("an image of a private registry", lambda model: any(each.get("ImageConfig") for each in containers(model))),
)


def existing_models(sagemaker: Client, names: Iterable[str]) -> dict[str, Json]:
    """Return DescribeModel's answers, by the model's name.

    Raises
    ------
    ModelNotFound
        If one or more do not exist; the message names all of them.
    """
    found = {name: endpoints.describe_model(sagemaker, name) for name in names}
    missing = [name for name, model in found.items() if model is None]
    if missing:
        raise ModelNotFound(
            f"Could not find {'model' if len(missing) == 1 else 'models'} {', '.join(missing)} in this account and "
            "Region."
        )
    return {name: model for name, model in found.items() if model is not None}


def require_suitable(config: Json, models: dict[str, Json]) -> None:
    """Check that each model can run on what its variant runs on.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig.
    models : dict of str to Json
        DescribeModel's answers, or bodies of CreateModel, by the model's name.

    Raises
    ------
    InvalidRequest
        If SageMaker would refuse the config for its models.
    """
    faults = list(_serverless_faults(config, models))
    if faults:
        raise InvalidRequest(message("The request", faults))


def creation_steps(requests: Iterable[Json], tags: list[Json]) -> list[Step]:
    """Return the steps that create the models with these requests, in order."""
    return [
        calls.step("create", calls.create_model(request | {"Tags": tags}), [calls.delete_model(request["ModelName"])])
        for request in requests
    ]


def _serverless_faults(config: Json, models: dict[str, Json]) -> Iterator[Fault]:
    for index, variant in enumerate(config["ProductionVariants"]):
        if not runs_serverless(variant):
            continue
        name = variant["ModelName"]
        for what, has in NOT_SERVERLESS:
            if has(models.get(name, {})):
                problem = f"model {name} has {what}, which serverless endpoints do not support"
                remedy = "Name a model without it, or run the variant on instances"
                yield Fault(f"/{PRODUCTION}/{index}/ModelName", problem, remedy)
