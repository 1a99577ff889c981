import json
import re
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.planning.names import alarm_prefix, config_name, model_name, policy_name
from tests.unit.plan_deployment.requests import ENDPOINT_NAMES

LEGAL = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(ENDPOINT_NAMES, JSON)
def test_names_are_legal_for_every_endpoint_name(endpoint_name: str, content: Any) -> None:
    for name in (config_name(endpoint_name, content), model_name(endpoint_name, content, "")):
        assert LEGAL.fullmatch(name)
        assert len(name) <= 63


@given(ENDPOINT_NAMES, st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_equal_content_has_equal_names_in_any_order(name: str, content: dict[str, Any]) -> None:
    assert config_name(name, content) == config_name(name, dict(reversed(content.items())))


@given(ENDPOINT_NAMES, JSON, JSON)
def test_different_content_has_different_names(endpoint_name: str, one: Any, other: Any) -> None:
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))

    assert config_name(endpoint_name, one) != config_name(endpoint_name, other)


@given(
    st.text("ab", min_size=50, max_size=50),
    st.text("ab", min_size=1, max_size=13),
    st.text("ab", min_size=1, max_size=13),
)
def test_endpoints_with_a_common_prefix_do_not_share_a_config(beginning: str, one: str, other: str) -> None:
    assert (config_name(beginning + one, {}) == config_name(beginning + other, {})) == (one == other)


@given(ENDPOINT_NAMES, ENDPOINT_NAMES)
def test_policy_names_are_valid_for_application_auto_scaling(endpoint_name: str, variant_name: str) -> None:
    assert 1 <= len(policy_name(endpoint_name, variant_name)) <= 256


def test_a_name_starts_with_its_endpoint() -> None:
    assert re.fullmatch(r"test-endpoint-[0-9a-f]{12}", config_name("test-endpoint", {"KmsKeyId": "alias/models"}))


def test_names_that_differ_only_in_case_do_not_share_a_config_or_a_model() -> None:
    """SageMaker compares names without case."""
    assert config_name("CaseA", {}).lower() != config_name("casea", {}).lower()
    assert model_name("CaseA", {}, "").lower() != model_name("casea", {}, "").lower()


def test_the_alarms_of_an_endpoint_are_found_in_any_case() -> None:
    assert alarm_prefix("slipway", "CaseA") == alarm_prefix("slipway", "casea") == "slipway/casea/"
