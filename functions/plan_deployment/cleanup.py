"""The steps that clean up after a deployment: configs of earlier deployments, and the models created for them."""

from collections.abc import Iterable

from plan_deployment.environment import Services, Settings
from plan_deployment.situation import Situation
from shared import records
from shared.aws import Client
from shared.plan import Step
from shared.planning import calls, ownership

# Records that are read to find the kept deployments.
MOST_RECORDS = 100
# Most configs, and most models of inference components, that one deployment deletes; the next one continues.
MOST_CONFIGS, MOST_MODELS = 20, 20
UNLESS_USED = ", unless it is in use"


def plan_cleanup(
    situation: Situation, services: Services, settings: Settings, *, changes_components: bool
) -> list[Step]:
    """Return the steps that delete configs and models of deployments that are older than the kept ones.

    Tags prove that Slipway created them for this endpoint. Whether they are in use is checked when they are deleted.
    """
    is_endpoint_changed = situation.action in ("create", "update")
    steps = _steps_of_configs(situation, services, settings) if is_endpoint_changed else []
    if situation.source.components and (is_endpoint_changed or changes_components):
        steps += _steps_of_components(situation, services, settings)
    return steps  # none if no earlier deployment becomes older


def _steps_of_configs(situation: Situation, services: Services, settings: Settings) -> list[Step]:
    in_use = [situation.config_name, *([situation.updated["EndpointConfigName"]] if situation.updated else [])]
    return steps_for(situation.endpoint_name, in_use, situation.source.model_names, services, settings)


def steps_for(
    endpoint_name: str, in_use: list[str], model_names: Iterable[str], services: Services, settings: Settings
) -> list[Step]:
    """Return the same steps for any endpoint.

    Parameters
    ----------
    in_use : list of str
        Names of the live config and of the new one.
    model_names : iterable of str
        Models of the new config.
    """
    sagemaker = services.sagemaker
    listed = list(ownership.listed_configs(sagemaker, endpoint_name))
    needed = _unique(in_use)
    if len(_unique([*listed, *needed])) <= settings.kept_deployments:
        return []
    deployed = _deployed(services.dynamodb, settings.deployments_table, endpoint_name)
    # If too few deployments are recorded, the configs that were created last count as deployed last.
    existing = {name.lower() for name in listed}
    newest = _unique([*needed, *(name for name in deployed if name.lower() in existing), *listed])
    kept = max(settings.kept_deployments, len(needed))
    old = list(ownership.configs_of(sagemaker, newest[kept:][:MOST_CONFIGS], endpoint_name))
    kept_configs = ownership.described(sagemaker, newest[:kept]) if old else ()
    kept_models = ownership.models_named_by(kept_configs) | set(model_names)
    still_named = {name.lower() for name in kept_models}
    unnamed = [name for name in ownership.models_named_by(old) if name.lower() not in still_named]
    configs = [calls.delete_config(config["EndpointConfigName"], UNLESS_USED) for config in old]
    models = [calls.delete_model(name, UNLESS_USED) for name in ownership.owned_models(sagemaker, unnamed)]
    return [calls.step("clean up", call) for call in [*configs, *models]]


def _steps_of_components(situation: Situation, services: Services, settings: Settings) -> list[Step]:
    """Return the steps that delete models of inference components, which no config names: the records have them."""
    history = records.newest_first(services.dynamodb, settings.deployments_table, situation.endpoint_name)
    found, _ = records.newest(history, MOST_RECORDS)
    requests: dict[str | None, list[str]] = {situation.source.request_hash: situation.source.model_names}
    for record in (record for record in found if record.is_deployed):
        models = [model["ModelName"] for model in record.models]
        requests[record.request_hash] = [*requests.get(record.request_hash, []), *models]
    of_requests = list(requests.values())
    kept = {name.lower() for models in of_requests[: settings.kept_deployments] for name in models}
    old = _unique(name for models in of_requests[settings.kept_deployments :] for name in models)
    unnamed = [name for name in old if name.lower() not in kept][:MOST_MODELS]
    models = [calls.delete_model(name, UNLESS_USED) for name in ownership.owned_models(services.sagemaker, unnamed)]
    return [calls.step("clean up", call) for call in models]


def _unique(names: Iterable[str]) -> list[str]:
    """Return the names in their order, each once, compared as SageMaker does: ignoring case."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return list(found.values())


def _deployed(dynamodb: Client, table_name: str, endpoint_name: str) -> list[str]:
    """Return the configs of the endpoint's deployments, the newest first."""
    found, _ = records.newest(records.newest_first(dynamodb, table_name, endpoint_name), MOST_RECORDS)
    return [record.config_name for record in found if record.is_deployed and record.config_name]
