"""Removes endpoint configs, and then models, unless somebody uses them: SageMaker itself would not refuse.

A config must stay while an endpoint serves it, or is created, updated or deleted with it (SageMaker API reference,
DeleteEndpointConfig); a model as long as any config names it, for that could be deployed again.
"""

from shared import endpoints, usage
from shared.aws import Client, Json


def remove_unused(configs: list[str], models: list[str], sagemaker: Client) -> Json:
    """Remove what is not in use; what is not there is done.

    Parameters
    ----------
    configs, models : list of str
        Names of what may go, as the plan says.

    Returns
    -------
    Json
        ``removed``, what is gone now; ``kept``, what somebody uses, and who.
    """
    removed, kept = [], []
    found = {name: endpoints.describe_config(sagemaker, name) for name in configs}
    there = {name: config for name, config in found.items() if config}
    made_at = [config["CreationTime"] for config in there.values()]
    users = usage.endpoints_on(sagemaker, there, min(made_at)) if there else {}
    for name in there:
        if name in users:
            kept.append(f"endpoint config {name}: endpoint {users[name]} uses it")
        elif endpoints.delete(sagemaker, EndpointConfigName=name):
            removed.append(f"endpoint config {name}")
    for name in models:
        model = endpoints.describe_model(sagemaker, name)
        config_name = usage.config_with(sagemaker, name, model["CreationTime"]) if model else None
        if config_name:
            kept.append(f"model {name}: endpoint config {config_name} names it")
        elif model and endpoints.delete(sagemaker, ModelName=name):
            removed.append(f"model {name}")
    return {"removed": removed, "kept": kept}
