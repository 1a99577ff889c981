"""Removes endpoint configs, and then models, unless somebody uses them: SageMaker itself would not refuse.

A config must stay while an endpoint serves it, or is created, updated or deleted with it (SageMaker API reference,
DeleteEndpointConfig); a model as long as any config names it, for that could be deployed again.

Every endpoint and every config is read once. When the time is up, the rest is left for the next execution. It finds a
model by its config, so a config goes together with its models or is left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared import endpoints, usage
from shared.aws import Client, Json
from shared.budget import Budget, OutOfTimeError
from shared.usage import ModelUsers

# Remain for a config and its models, and for the answer.
DELETING_SECONDS = 5


def remove_unused(configs: list[str], models: list[str], sagemaker: Client, budget: Budget) -> Json:
    """Remove what is not in use; what is not there is done.

    Parameters
    ----------
    configs, models : list of str
        Names of what may go, as the plan says.

    Returns
    -------
    Json
        ``removed``, what is gone now; ``kept``, what somebody uses, and who; ``left``, what there was no time for.
    """
    old = _existing(endpoints.describe_config, configs, sagemaker)
    made = _existing(endpoints.describe_model, models, sagemaker)
    try:
        serving = usage.endpoints_on(sagemaker, old, _oldest(old), budget=budget) if old else {}
    except OutOfTimeError:
        left = [*(f"endpoint config {name}" for name in old), *(f"model {name}" for name in made)]
        return {"removed": [], "kept": [], "left": left}
    users = usage.model_users(sagemaker, _oldest(made), old, budget) if made else ModelUsers({})
    removal = Removal(sagemaker, budget, serving, users, {name.lower(): model for name, model in made.items()})
    for name, config in old.items():
        removal.take_config(name, config)
    for name in made:
        removal.take_model(name)
    return {"removed": removal.removed, "kept": removal.kept, "left": removal.left}


@dataclass
class Removal:
    """What becomes of each config and model.

    Attributes
    ----------
    serving : dict of str to str
        Endpoints, by the name of the config that they serve.
    models : dict of str to Json
        DescribeModel's answers about models that are not taken yet, by their name in lower case.
    gone, unfinished : list of str
        Configs that do not exist any more, and those that there was no time for.
    """

    sagemaker: Client
    budget: Budget
    serving: dict[str, str]
    users: ModelUsers
    models: dict[str, Json]
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def take_config(self, name: str, config: Json) -> None:
        """Remove the config if no endpoint uses it, and the models that only it named."""
        named = [model for model in sorted(usage.models_of(config)) if model.lower() in self.models]
        if name in self.serving:
            self.kept.append(f"endpoint config {name}: endpoint {self.serving[name]} uses it")
        elif not self._has_time() or not all(self._is_known(model) for model in named):
            self.left.append(f"endpoint config {name}")
            self.unfinished.append(name)
        else:
            self.gone.append(name)
            if endpoints.delete(self.sagemaker, EndpointConfigName=name):
                self.removed.append(f"endpoint config {name}")
            for model in named:
                if self.users.of(model, without=self.gone) is None:
                    self._remove_model(model)

    def take_model(self, name: str) -> None:
        """Remove the model if no config names it."""
        if name.lower() not in self.models:
            return
        user = self.users.of(name, without=self.gone)
        if user in self.unfinished or not self._is_known(name) or not self._has_time():
            self.left.append(f"model {name}")
        elif user:
            self.kept.append(f"model {name}: endpoint config {user} names it")
        else:
            self._remove_model(name)

    def _remove_model(self, name: str) -> None:
        del self.models[name.lower()]
        if endpoints.delete(self.sagemaker, ModelName=name):
            self.removed.append(f"model {name}")

    def _is_known(self, model_name: str) -> bool:
        return self.users.knows(self.models[model_name.lower()])

    def _has_time(self) -> bool:
        return self.budget.allows(DELETING_SECONDS)


def _existing(describe: Callable[[Client, str], Json | None], names: list[str], sagemaker: Client) -> dict[str, Json]:
    """Answers of DescribeEndpointConfig or DescribeModel, by name."""
    found = {name: describe(sagemaker, name) for name in names}
    return {name: answer for name, answer in found.items() if answer}


def _oldest(things: dict[str, Json]) -> usage.Moment:
    moments: list[usage.Moment] = [thing["CreationTime"] for thing in things.values()]
    return min(moments)
