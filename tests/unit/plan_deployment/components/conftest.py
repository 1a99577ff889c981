import pytest

from plan_deployment.request import component_host_rules


@pytest.fixture(autouse=True)
def _components_can_be_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be removed with the refusal."""
    rules = tuple(rule for rule in component_host_rules.RULES if rule.__name__ != "can_be_deployed")
    monkeypatch.setattr(component_host_rules, "RULES", rules)
