"""What goes when a deployment has succeeded: old configs of the endpoint, and the models that were made for them."""

from collections.abc import Iterable
from itertools import islice

from plan_deployment.services import Services
from shared import records
from shared.aws import Client, Json
from shared.planning import belongings

# How far back is looked for the deployments that are kept. What is older than that and still there was in use.
MOST_RECORDS = 100
# In one go; the next deployment goes on.
MOST_CONFIGS = 20


def nothing() -> Json:
    """The plan's `old` where everything stays."""
    return {"configs": [], "models": []}


def old(
    endpoint_name: str,
    in_use: Iterable[str],
    model_names: Iterable[str],
    kept: int,
    table_name: str,
    services: Services,
) -> Json:
    """The plan's `old`: ``configs`` and ``models`` of deployments that are kept no longer.

    Only what Slipway made for this endpoint, as the tags prove. Whether somebody else uses it is looked at when it is
    to go.

    Parameters
    ----------
    in_use : iterable of str
        Names of the configs that the endpoint serves and is to serve.
    model_names : iterable of str
        Models that it is to serve.
    kept : int
        Of how many deployments configs are kept, that which is planned among them.
    """
    sagemaker = services.sagemaker
    listed = list(belongings.listed(sagemaker, endpoint_name))
    needed = _each_once(in_use)
    if len(_each_once([*listed, *needed])) <= kept:
        return nothing()
    deployed = _deployed(services.dynamodb, table_name, endpoint_name)
    # Where too few deployments are on record, what was made last counts as deployed last.
    there = {name.lower() for name in listed}
    newest = _each_once([*needed, *(name for name in deployed if name.lower() in there), *listed])
    last = max(kept, len(needed))
    gone = list(belongings.made_for(sagemaker, newest[last:][:MOST_CONFIGS], endpoint_name))
    if not gone:
        return nothing()
    kept_models = belongings.models_named_by(belongings.described(sagemaker, newest[:last])) | set(model_names)
    still_named = {name.lower() for name in kept_models}
    unnamed = [name for name in belongings.models_named_by(gone) if name.lower() not in still_named]
    return {
        "configs": [config["EndpointConfigName"] for config in gone],
        "models": belongings.made(sagemaker, unnamed),
    }


def _each_once(names: Iterable[str]) -> list[str]:
    """The names in their order, compared as SageMaker compares them: whatever their case."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return list(found.values())


def _deployed(dynamodb: Client, table_name: str, endpoint_name: str) -> list[str]:
    """Configs of the endpoint's deployments, the newest first."""
    found = islice(records.newest_first(dynamodb, table_name, endpoint_name), MOST_RECORDS)
    return [record.config_name for record in found if record.is_deployed and record.config_name]
