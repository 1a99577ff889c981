import json

import pytest
from jsonschema import Draft202012Validator

from plan_deployment.request.request import CONFIG_FIELDS
from plan_deployment.request.schema import SCHEMA
from shared.planning.validation import schema_faults
from tests.unit.fakes import SESSION
from tools import request_schema

SAGEMAKER = SESSION.get_service_model("sagemaker")


def test_the_file_is_generated_from_the_pinned_botocore() -> None:
    assert request_schema.PATH.read_text() == request_schema.text(), "run python -m tools.request_schema"


def test_it_is_a_valid_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["additionalProperties"] is False


def test_every_field_has_title_and_description() -> None:
    assert [name for name, field in SCHEMA["properties"].items() if not {"title", "description"} <= field.keys()] == []


@pytest.mark.parametrize("field", sorted(SCHEMA["properties"]))
def test_examples_and_defaults_are_valid_themselves(field: str) -> None:
    required = {"endpointName": "e", "productionVariants": [{"VariantName": "v"}]}
    schema = SCHEMA["properties"][field]

    for value in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]:
        assert schema_faults(required | {field: value}, SCHEMA) == []


def test_the_request_has_every_member_of_create_endpoint_config() -> None:
    members = set(SAGEMAKER.shape_for("CreateEndpointConfigInput").members) - {"EndpointConfigName", "Tags"}

    assert {name[0].upper() + name[1:] for name in CONFIG_FIELDS} == members
    assert set(CONFIG_FIELDS) < set(SCHEMA["properties"])


def test_names_ranges_and_enums_are_those_of_sagemaker() -> None:
    defs = SCHEMA["$defs"]
    types = SAGEMAKER.shape_for("ProductionVariantInstanceType").metadata["enum"]

    assert defs["ProductionVariantInstanceType"]["examples"] == types
    assert defs["EndpointName"]["maxLength"] == 63
    assert (defs["ServerlessMaxConcurrency"]["minimum"], defs["ServerlessMaxConcurrency"]["maximum"]) == (1, 200)


def test_every_integer_fits_into_the_32_bits_that_sagemaker_reads() -> None:
    integers = {name: each for name, each in SCHEMA["$defs"].items() if each["type"] == "integer"}
    integers |= {name: each for name, each in SCHEMA["properties"].items() if each.get("type") == "integer"}

    assert [name for name, each in integers.items() if each["minimum"] < -(2**31) or each["maximum"] >= 2**31] == []


def test_no_structure_takes_unknown_members() -> None:
    lax = [
        name
        for name, definition in SCHEMA["$defs"].items()
        if definition["type"] == "object"
        and "properties" in definition
        and definition["additionalProperties"] is not False
    ]

    assert lax == []


def test_the_file_is_utf_8_json_that_editors_read() -> None:
    assert json.loads(request_schema.PATH.read_bytes()) == SCHEMA
