"""Delete endpoint configs and then models that are not in use: SageMaker itself does not check.

A config must exist while an endpoint uses it, or is created, updated or deleted with it (SageMaker API reference,
DeleteEndpointConfig). A model is kept while any config uses it, because that config can be deployed again, and while
any inference component uses it, because a new copy needs it.

Every endpoint, config and component is read once. When the time is up, the next call continues. It finds a model by its
config, so a config is deleted only together with its models.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared import endpoints, usage
from shared.aws import Client, Json
from shared.time_budget import Budget, OutOfTimeError
from shared.usage import ModelUsers

# Enough for a config with its models, and for the answer.
DELETING_SECONDS = 5


@dataclass(frozen=True)
class Unused:
    """Outcome for configs and models.

    Attributes
    ----------
    removed, left : list of str
        Deleted resources, and those for which there was no time.
    kept : list of str
        Resources in use, each with its user.
    """

    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def delete_unused(configs: list[str], models: list[str], sagemaker: Client, budget: Budget) -> Unused:
    """Delete the resources that are not in use; skip those that do not exist.

    Parameters
    ----------
    configs, models : list of str
        Names in the steps of the plan.
    """
    old = _existing(endpoints.describe_config, configs, sagemaker)
    created = _existing(endpoints.describe_model, models, sagemaker)
    try:
        live = usage.endpoints_on(sagemaker, old, _oldest(old), budget=budget) if old else {}
        users = usage.model_users(sagemaker, _oldest(created), old, budget) if created else ModelUsers()
    except OutOfTimeError:
        return Unused(left=[*(f"endpoint config {name}" for name in old), *(f"model {name}" for name in created)])
    deletion = Deletion(sagemaker, budget, live, users, {name.lower(): model for name, model in created.items()})
    for name, config in old.items():
        deletion.try_config(name, config)
    for name in created:
        deletion.try_model(name)
    return deletion.outcome


@dataclass
class Deletion:
    """Deletion of configs and models, one by one.

    Attributes
    ----------
    live : dict of str to str
        Endpoints, by the name of the config that they have.
    models : dict of str to Json
        DescribeModel's answers about models that are not deleted yet, by their name in lower case.
    gone, unfinished : list of str
        Configs that no longer exist, and those that there was no time for, as ``endpoint config churn-1``.
    """

    sagemaker: Client
    budget: Budget
    live: dict[str, str]
    users: ModelUsers
    models: dict[str, Json]
    outcome: Unused = field(default_factory=Unused)
    gone: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def try_config(self, name: str, config: Json) -> None:
        """Delete the config if no endpoint uses it, and the models that only this config used."""
        what = f"endpoint config {name}"
        named = [model for model in sorted(usage.models_of(config)) if model.lower() in self.models]
        if name in self.live:
            self.outcome.kept.append(f"{what}: endpoint {self.live[name]} uses it")
        elif not self._has_time() or not all(self._is_known(model) for model in named):
            self.outcome.left.append(what)
            self.unfinished.append(what)
        else:
            self.gone.append(what)
            if endpoints.delete(self.sagemaker, EndpointConfigName=name):
                self.outcome.removed.append(what)
            for model in named:
                if self.users.of(model, without=self.gone) is None:
                    self._delete_model(model)

    def try_model(self, name: str) -> None:
        """Delete the model if nothing uses it."""
        if name.lower() not in self.models:
            return
        user = self.users.of(name, without=self.gone)
        if (user and user.what in self.unfinished) or not self._is_known(name) or not self._has_time():
            self.outcome.left.append(f"model {name}")
        elif user:
            self.outcome.kept.append(f"model {name}: {user}")
        else:
            self._delete_model(name)

    def _delete_model(self, name: str) -> None:
        del self.models[name.lower()]
        if endpoints.delete(self.sagemaker, ModelName=name):
            self.outcome.removed.append(f"model {name}")

    def _is_known(self, model_name: str) -> bool:
        return self.users.knows(self.models[model_name.lower()])

    def _has_time(self) -> bool:
        return self.budget.allows(DELETING_SECONDS)


def _existing(describe: Callable[[Client, str], Json | None], names: list[str], sagemaker: Client) -> dict[str, Json]:
    """Answers of DescribeEndpointConfig or DescribeModel, by name."""
    found = {name: describe(sagemaker, name) for name in names}
    return {name: answer for name, answer in found.items() if answer}


def _oldest(resources: dict[str, Json]) -> usage.Moment:
    moments: list[usage.Moment] = [resource["CreationTime"] for resource in resources.values()]
    return min(moments)
