"""Whatever is found: what serves, and what others made, is never touched."""

from hypothesis import given
from hypothesis import strategies as st

from roll_back.decision import way_back
from roll_back.steps import Call, Wait, Way
from roll_back.survey import CONFIG, ENDPOINT, MODEL, Survey
from shared import endpoints
from tests.unit.roll_back.updates import NEW, OLD, plan, policy, scheduled, target

CONFIGS = st.sampled_from([NEW, OLD, "theirs"])
CONFIG_BODIES = st.none() | st.sampled_from(["ml.c5.large", "ml.c5.xlarge"]).map(
    lambda host: {"ProductionVariants": [{"VariantName": "A", "InstanceType": host}]}
)
ENDPOINTS = st.none() | st.fixed_dictionaries(
    {
        "EndpointName": st.just("churn"),
        "EndpointStatus": st.sampled_from(sorted(endpoints.STATUSES)),
        "EndpointConfigName": CONFIGS,
    },
    optional={"PendingDeploymentSummary": CONFIGS.map(lambda name: {"EndpointConfigName": name})},
)
REGISTERED = st.fixed_dictionaries(
    {
        "targets": st.lists(st.sampled_from([target(), target(MaxCapacity=9)]), max_size=1),
        "policies": st.lists(st.sampled_from([policy(), policy("wanted"), policy("theirs")]), max_size=1),
        "scheduledActions": st.lists(st.just(scheduled()), max_size=1),
    }
)
PLANS = st.builds(
    lambda action, previous: plan(action=action) | ({} if previous and action == "update" else {"previous": None}),
    st.sampled_from(["create", "update", "none", "join"]),
    st.booleans(),
)


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    endpoint = draw(ENDPOINTS)
    config = draw(CONFIG_BODIES)
    can_be_ours = [ENDPOINT] * (endpoint is not None) + [CONFIG] * (config is not None) + [MODEL]
    return Survey(
        endpoint=endpoint,
        config=config,
        previous_config=draw(CONFIG_BODIES),
        ours=frozenset(draw(st.sets(st.sampled_from(can_be_ours)))),
        users=draw(st.dictionaries(st.sampled_from([CONFIG, MODEL]), st.just("another"))),
        registered=draw(REGISTERED),
    )


def now(way: Way) -> list[str]:
    """The operations that the function itself takes at this look."""
    if way.obstacle:
        return []
    waits = [number for number, step in enumerate(way.steps) if isinstance(step, Wait)]
    return [step.operation for step in way.steps[: waits[0] if waits else None] if isinstance(step, Call)]


@given(PLANS, surveys())
def test_only_what_this_execution_made_and_nothing_uses_is_ever_removed(
    the_plan: dict[str, object], found: Survey
) -> None:
    if the_plan["action"] != "create":  # a survey asks who made the endpoint only then
        found = Survey(**{**vars(found), "ours": found.ours - {ENDPOINT}})

    way = way_back(the_plan, found)
    operations = now(way)

    if "DeleteEndpoint" in operations:
        assert ENDPOINT in found.ours
    if "DeleteEndpointConfig" in operations:
        assert CONFIG in found.ours
        assert CONFIG not in found.users
        assert found.endpoint is None or (
            found.endpoint["EndpointStatus"] == "InService"
            and found.endpoint["EndpointConfigName"] != NEW
            and "PendingDeploymentSummary" not in found.endpoint
        )
    if "DeleteModel" in operations:
        assert MODEL in found.ours
        assert MODEL not in found.users
        assert "DeleteEndpointConfig" in operations or found.config is None


@given(PLANS, surveys())
def test_an_endpoint_is_changed_only_from_rest_on_the_config_that_this_execution_brought(
    the_plan: dict[str, object], found: Survey
) -> None:
    operations = now(way_back(the_plan, found))

    if {"UpdateEndpoint", "DeregisterScalableTarget"} & set(operations):
        assert found.endpoint is not None
        assert found.endpoint["EndpointStatus"] == "InService"
        assert "PendingDeploymentSummary" not in found.endpoint
    if "UpdateEndpoint" in operations:
        assert found.endpoint is not None
        assert found.endpoint["EndpointConfigName"] == NEW
        assert found.previous_config is not None
