"""Whether the models suit what they are to run on: what SageMaker would refuse them for is refused while planning."""

from collections.abc import Callable, Iterator

from plan_deployment.variant_rules import PRODUCTION, is_serverless
from shared.aws import Json
from shared.errors import InvalidRequest
from shared.planning.faults import Fault, message


def containers(model: Json) -> list[Json]:
    """The containers of a model, as DescribeModel or the body of CreateModel has them."""
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


def require_models_that_suit(config: Json, models: dict[str, Json]) -> None:
    """Raise unless each model can run on what its variant runs on.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig.
    models : dict of str to Json
        DescribeModel's answers, or bodies of CreateModel, by the model's name.

    Raises
    ------
    InvalidRequest
        When SageMaker would refuse the config for its models.
    """
    faults = list(_serverless_faults(config, models))
    if faults:
        raise InvalidRequest(message("The request", faults))


def _serverless_faults(config: Json, models: dict[str, Json]) -> Iterator[Fault]:
    for index, variant in enumerate(config["ProductionVariants"]):
        if not is_serverless(variant):
            continue
        name = variant["ModelName"]
        for what, has in NOT_SERVERLESS:
            if has(models.get(name, {})):
                problem = f"model {name} has {what}, which serverless endpoints do not support"
                remedy = "Name a model without it, or run the variant on instances"
                yield Fault(f"/{PRODUCTION}/{index}/ModelName", problem, remedy)
