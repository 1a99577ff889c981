"""In any state of the account, live resources and resources of others are never touched."""

from hypothesis import given
from hypothesis import strategies as st

from roll_back.decision import rollback_for
from roll_back.steps import Rollback, Wait
from roll_back.survey import CONFIG, ENDPOINT, Survey, model_key
from roll_back.undo import Existing, key_of
from shared import endpoints
from shared.plan import Call, DeploymentPlan
from tests.support.plans import create_config, create_endpoint, create_model
from tests.unit.roll_back.updates import MODEL, NEW, OLD, around, nothing, plan, policy, puts, scheduled, target


def existing(scaling: dict[str, list[dict[str, object]]]) -> Existing:
    return {key_of(put["operation"], put["request"]): put["request"] for put in puts(scaling)}


def plan_of(action: str, *, has_previous: bool) -> DeploymentPlan:
    if action == "update":
        return plan() if has_previous else plan(previous=None)
    created = [create_model("m"), create_model("n"), create_config(NEW)]
    if action == "create":
        return plan(steps=[*created, create_endpoint("churn", NEW)], action="create", previous=None)
    return around(*created, action=action)


KEYS = [model_key(name) for name in ("m", "n", MODEL)]
CONFIGS = st.sampled_from([NEW, OLD, "theirs"])
CONFIG_BODIES = st.none() | st.sampled_from(["ml.c5.large", "ml.c5.xlarge"]).map(
    lambda name: {"ProductionVariants": [{"VariantName": "A", "InstanceType": name}]}
)
ENDPOINTS = st.none() | st.fixed_dictionaries(
    {
        "EndpointName": st.just("churn"),
        "EndpointStatus": st.sampled_from(sorted(endpoints.STATUSES)),
        "EndpointConfigName": CONFIGS,
    },
    optional={"PendingDeploymentSummary": CONFIGS.map(lambda name: {"EndpointConfigName": name})},
)
SCALING = st.builds(
    lambda targets, policies, actions: existing(nothing(targets=targets, policies=policies, scheduledActions=actions)),
    st.lists(st.sampled_from([target(), target(MaxCapacity=9)]), max_size=1),
    st.lists(st.sampled_from([policy(), policy("wanted"), policy("theirs")]), max_size=1),
    st.lists(st.just(scheduled()), max_size=1),
)
PLANS = st.builds(
    lambda action, has_previous: plan_of(action, has_previous=has_previous),
    st.sampled_from(["create", "update", "none", "join"]),
    st.booleans(),
)


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    endpoint = draw(ENDPOINTS)
    config = draw(CONFIG_BODIES)
    can_be_ours = [ENDPOINT] * (endpoint is not None) + [CONFIG] * (config is not None) + KEYS
    return Survey(
        endpoint=endpoint,
        config=config,
        previous_config=draw(CONFIG_BODIES),
        ours=frozenset(draw(st.sets(st.sampled_from(can_be_ours)))),
        users=draw(st.dictionaries(st.sampled_from([CONFIG, *KEYS]), st.just("another"))),
        scaling=draw(SCALING),
    )


def calls_now(rollback: Rollback) -> list[Call]:
    """Calls that the function itself makes now."""
    if rollback.obstacle:
        return []
    made: list[Call] = []
    for step in rollback.steps:
        if isinstance(step, Wait):
            break
        made.append(step)
    return made


def now(rollback: Rollback) -> list[str]:
    """Operations that the function itself calls now."""
    return [call["operation"] for call in calls_now(rollback)]


@given(PLANS, surveys())
def test_only_what_this_execution_created_and_nothing_uses_is_ever_removed(
    the_plan: DeploymentPlan, found: Survey
) -> None:
    if the_plan["action"] != "create":  # a survey reads the endpoint's creator only for a creation
        found = Survey(**{**vars(found), "ours": found.ours - {ENDPOINT}})

    made = calls_now(rollback_for(the_plan, found))
    operations = [call["operation"] for call in made]

    if "DeleteEndpoint" in operations:
        assert ENDPOINT in found.ours
    if "DeleteEndpointConfig" in operations:
        assert CONFIG in found.ours
        assert CONFIG not in found.users
        assert found.endpoint is None or (
            found.endpoint["EndpointStatus"] in ("InService", "Failed")  # at rest
            and found.endpoint["EndpointConfigName"] != NEW
            and "PendingDeploymentSummary" not in found.endpoint
        )
    for key in (model_key(call["request"]["ModelName"]) for call in made if call["operation"] == "DeleteModel"):
        assert key in found.ours
        assert key not in found.users
        assert "DeleteEndpointConfig" in operations or found.config is None


@given(PLANS, surveys())
def test_an_endpoint_is_changed_only_while_in_service_on_the_config_of_this_execution(
    the_plan: DeploymentPlan, found: Survey
) -> None:
    operations = now(rollback_for(the_plan, found))

    if {"UpdateEndpoint", "DeregisterScalableTarget"} & set(operations):
        assert found.endpoint is not None
        assert found.endpoint["EndpointStatus"] == "InService"
        assert "PendingDeploymentSummary" not in found.endpoint
    if "UpdateEndpoint" in operations:
        assert found.endpoint is not None
        assert found.endpoint["EndpointConfigName"] == NEW
        assert found.previous_config is not None
