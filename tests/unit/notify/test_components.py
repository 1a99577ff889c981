import copy
from typing import Any, cast

from notify.deployment import Answers, Deployed, of_plan
from shared.notification import text_of
from shared.plan import PlannedComponent, Step
from tests.support.plans import CONFIG, create_component, delete_component, deployment_plan, register_target, set_copies
from tests.unit.conftest import EXECUTION

NOW = "2026-11-21T05:20:00.000Z"
HOST = {"variantName": "AllTraffic", "currentWeight": 1.0, "currentInstanceCount": 1, "instanceType": "ml.g5.xlarge"}
LIVE = {"endpointConfigName": CONFIG, "elapsedSeconds": 0.0, "variants": [HOST]}


def planned(name: str, action: str, base: str | None = None) -> PlannedComponent:
    component = {"name": name, "variantName": "AllTraffic", "base": base, "copyCount": None, "action": action}
    return cast(PlannedComponent, component)


def seen(name: str, copies: int | None, *models: str) -> dict[str, Any]:
    counts = {"currentCopyCount": copies, "desiredCopyCount": copies}
    return {"name": name, "status": "InService", "modelNames": list(models), **counts}


def deployed(components: list[PlannedComponent], found: list[dict[str, Any]], *steps: Step, **changes: Any) -> Deployed:
    members = {"components": components, "variants": [{"variantName": "AllTraffic"}]} | changes
    plan = copy.deepcopy(deployment_plan("none", steps, **members))
    return of_plan(plan, Answers(LIVE, {"components": found}), cast(Any, EXECUTION), NOW, [])


def test_the_output_has_the_components_as_they_were_found_last() -> None:
    components = [planned("llm", "create"), planned("fr", "keep", "llm"), planned("old", "delete")]
    found = [seen("llm", 2, "llm-1"), seen("fr", None), {"name": "old", "status": None}]

    output = deployed(components, found, create_component("llm", 2), delete_component("old")).output

    assert output["changed"] is True
    assert output["components"] == {
        "changed": True,
        "live": [
            {"variantName": "AllTraffic", "base": None} | found[0],
            {"variantName": "AllTraffic", "base": "llm"} | found[1],
        ],
        "removed": ["old"],
    }


def test_the_notification_says_which_components_are_live_and_which_were_deleted() -> None:
    components = [planned("llm", "create"), planned("fr", "keep", "llm"), planned("old", "delete")]
    found = [seen("llm", 2, "llm-1"), seen("fr", None)]

    said = text_of(deployed(components, found, create_component("llm", 2), delete_component("old")).notification())

    assert said.startswith(
        "test-endpoint is in service.\n\n"
        "What happened\nThe endpoint already ran the requested config; only its inference components changed.\n\n"
        "Steps\n"
        "- Create inference component llm on variant AllTraffic, 2 copies\n"
        "- Delete inference component old\n\n"
        f"Live config\nConfig {CONFIG}\n"
        "Variant AllTraffic: inference components on 1 × ml.g5.xlarge, weight 1\n"
        "Component llm: llm-1, on variant AllTraffic, 2 copies\n"
        "Component fr: adapter of llm, on variant AllTraffic\n"
        "Removed: component old\n\n"
    )


def test_components_and_scaling_that_changed_are_named_together() -> None:
    said = text_of(
        deployed([planned("llm", "copies")], [seen("llm", 1)], set_copies(), register_target()).notification()
    )

    assert "only its inference components and its scaling changed." in said
    assert "Component llm: on variant AllTraffic, 1 copy\n" in said


def test_components_that_are_as_requested_are_no_change() -> None:
    found = deployed([planned("llm", "keep")], [seen("llm", 1, "m")])

    assert (found.output["changed"], found.output["components"]["changed"]) == (False, False)
    assert "The endpoint was already as requested; nothing was changed." in text_of(found.notification())


def test_a_plan_from_before_a_stack_update_has_no_components() -> None:
    plan = deployment_plan("none", [])
    del plan["components"]  # type: ignore[misc]

    output = of_plan(plan, Answers(LIVE), cast(Any, EXECUTION), NOW, []).output

    assert output["components"] == {"changed": False, "live": [], "removed": []}


def test_the_undo_of_new_weights_and_components_is_a_deployment() -> None:
    plan = deployment_plan("shift", [set_copies()], components=[planned("llm", "copies")])

    said = text_of(of_plan(plan, Answers(LIVE), cast(Any, EXECUTION), NOW, []).notification())

    assert "update-endpoint-weights-and-capacities" not in said
    assert "The history has no deployment of config" in said
