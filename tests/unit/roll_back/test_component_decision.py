"""In any state of the inference components, only those of this execution are deleted, and no change is interrupted."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roll_back.component_survey import NAME, FoundComponents
from roll_back.decision import rollback_for
from roll_back.steps import Rollback, Wait
from roll_back.survey import Survey
from shared import components
from shared.plan import Call
from tests.support.plans import CONFIG, ENDPOINT, copy_of, create_config, create_model, update_endpoint
from tests.unit.fake_components import adapter_of
from tests.unit.roll_back.hosting import STEPS, plan

NAMES = [step["request"][NAME] for step in STEPS]
CREATED = {"new", "new-fr"}
MODELS = ["m", "old", "theirs"]
PLAN = plan(create_model("made"), create_config(), update_endpoint(), *STEPS, action="update")


@st.composite
def found(draw: st.DrawFn) -> FoundComponents:
    there = {name: draw(descriptions(name)) for name in sorted(draw(st.sets(st.sampled_from(NAMES))))}
    can_be_ours = sorted(CREATED & there.keys())
    ours = draw(st.sets(st.sampled_from(can_be_ours))) if can_be_ours else set()
    return FoundComponents(there, frozenset(ours), has_host=draw(st.booleans()), is_fresh=draw(st.booleans()))


def descriptions(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda status, model, copies: {
            NAME: name,
            "InferenceComponentStatus": status,
            "EndpointName": ENDPOINT,
            "VariantName": "AllTraffic",
            "Specification": adapter_of("new") if name == "new-fr" else copy_of(model),
            "RuntimeConfig": {"DesiredCopyCount": copies, "CurrentCopyCount": copies},
            "Tags": [],
        },
        st.sampled_from(sorted(components.STATUSES)),
        st.sampled_from(MODELS),
        st.sampled_from([0, 1, 2, 4]),
    )


def calls_now(rollback: Rollback) -> list[Call]:
    """Calls that the function itself makes now."""
    steps = [] if rollback.obstacle else list(rollback.steps)
    end = next((number for number, step in enumerate(steps) if isinstance(step, Wait)), len(steps))
    return [step for step in steps[:end] if not isinstance(step, Wait)]


def survey(there: FoundComponents) -> Survey:
    endpoint = {"EndpointName": ENDPOINT, "EndpointStatus": "InService", "EndpointConfigName": CONFIG}
    return Survey(
        endpoint=endpoint,
        config={"ProductionVariants": []},
        previous_config={"ProductionVariants": []},
        components=there,
    )


@given(found())
def test_only_components_at_rest_are_called(there: FoundComponents) -> None:
    for call in calls_now(rollback_for(PLAN, survey(there))):
        component = there.by_name.get(call["request"].get(NAME, ""))
        if component:
            assert component["InferenceComponentStatus"] not in components.CHANGING


@given(found())
def test_only_components_that_this_execution_created_are_deleted(there: FoundComponents) -> None:
    for call in calls_now(rollback_for(PLAN, survey(there))):
        if call["operation"] == "DeleteInferenceComponent":
            assert call["request"][NAME] in there.ours
        elif call["operation"] == "CreateInferenceComponent":
            assert call["request"][NAME] == "old"
            assert "old" not in there.by_name


@given(found())
def test_only_what_the_deployment_changed_is_restored(there: FoundComponents) -> None:
    for call in calls_now(rollback_for(PLAN, survey(there))):
        if call["operation"] == "UpdateInferenceComponent":
            assert there.by_name["llm"]["Specification"] == copy_of("m")
        elif call["operation"] == "UpdateInferenceComponentRuntimeConfig":
            assert there.by_name["small"]["RuntimeConfig"]["DesiredCopyCount"] == 2


@given(found())
def test_the_endpoint_changes_only_if_nothing_is_left_to_do_for_components(there: FoundComponents) -> None:
    operations = [call["operation"] for call in calls_now(rollback_for(PLAN, survey(there)))]

    if "UpdateEndpoint" in operations:
        assert not any("InferenceComponent" in operation for operation in operations)
        assert not there.ours
        assert not there.is_fresh


@given(found())
def test_the_commands_name_every_component_that_is_not_as_before(there: FoundComponents) -> None:
    commands = "\n".join(rollback_for(PLAN, survey(there)).commands)

    for name in there.ours:
        assert f"--inference-component-name {name}" in commands
    if there.has_host and "old" not in there.by_name:
        assert '"InferenceComponentName":"old"' in commands
