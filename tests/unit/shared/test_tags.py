import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.offline import model_pattern
from shared.tags import execution_value, refused_characters
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import SESSION

VALUE = SESSION.get_service_model("sagemaker").shape_for("TagValue").metadata
LONGEST_ARN = f"arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:{'m' * 80}:{'!' * 80}"


@pytest.mark.parametrize(("text", "refused"), [("Größe: 1/2", []), ("5 €", ["€"]), ("a!b\t!", ["!", "\t"])])
def test_characters_that_a_tag_cannot_have_are_listed_once(text: str, refused: list[str]) -> None:
    assert refused_characters(text) == refused


@given(st.text(max_size=20))
def test_a_text_without_refused_characters_fits_the_pattern_of_sagemaker(text: str) -> None:
    fits = model_pattern(VALUE["pattern"]).fullmatch(text) is not None

    assert fits or refused_characters(text)


def test_the_tag_of_an_execution_is_its_arn() -> None:
    assert execution_value(EXECUTION_ARN) == EXECUTION_ARN


@pytest.mark.parametrize("arn", [f"{EXECUTION_ARN}!", f"{EXECUTION_ARN}(it's)", LONGEST_ARN])
def test_an_execution_of_any_name_has_a_valid_tag(arn: str) -> None:
    value = execution_value(arn)

    assert refused_characters(value) == []
    assert len(value) <= VALUE["max"]
    assert re.fullmatch(r"arn:aws.*:execution:.*_-[0-9a-f]{12}", value)


def test_executions_whose_names_differ_only_in_refused_characters_have_different_tags() -> None:
    assert execution_value(f"{EXECUTION_ARN}!") != execution_value(f"{EXECUTION_ARN}(")
