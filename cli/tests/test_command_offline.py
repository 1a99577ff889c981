"""Commands that need no AWS: init, validate, schema."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slipway import payload
from slipway.commands.init import KINDS
from slipway.errors import CommandError
from slipway.main import main

SCALED = {
    "endpointName": "a",
    "productionVariants": [
        {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    ],
}


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_payload_to_start_from_is_valid(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "payload.yaml"

    written = run("init", kind, "--out", str(file))
    checked = run("validate", str(file), *(["--profile"] if kind == "profile" else []))

    assert (written.exit_code, checked.exit_code) == (0, 0), checked.output
    assert checked.output == f"{file}: valid\n"


def test_a_payload_to_start_from_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "payload.yaml"
    file.write_text("mine")

    ended = run("init", "--out", str(file))

    assert (ended.exit_code, file.read_text()) == (2, "mine")
    assert ended.output == f"Error: {file} exists. Choose another file with --out.\n"


def test_every_fault_of_every_file_is_reported_with_its_pointer(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text('{"endpointName": "a", "confirm": "a"}')
    (tmp_path / "bad.yaml").write_text("endpointName: -a\nproductionVariant: []\n")

    ended = run("validate", str(tmp_path / "good.json"), str(tmp_path / "bad.yaml"), "--output", "json")

    good, bad = json.loads(ended.output)["files"]
    assert ended.exit_code == 3
    assert (good["valid"], bad["valid"]) == (True, False)
    assert [fault["pointer"] for fault in bad["faults"]] == [
        "/endpointName",
        "/productionVariant",
        "/productionVariants",
    ]
    assert bad["faults"][1]["remedy"] == 'Did you mean "productionVariants"?'


def test_rules_across_fields_are_checked_offline() -> None:
    ended = run("validate", "-", text=json.dumps(SCALED | {"autoscalingMinCapacity": 5, "autoscalingMaxCapacity": 4}))

    assert ended.exit_code == 3
    assert ended.output == (
        "-: /autoscalingMinCapacity: 5 is more than autoscalingMaxCapacity, 4. Lower it or raise "
        "autoscalingMaxCapacity.\n"
    )


def test_a_rollback_and_a_removal_have_rules_of_their_own() -> None:
    rollback = run("validate", "-", text='{"endpointName": "a", "rollback": true, "autoscalingMaxCapacity": 2}')
    removal = run("validate", "-", text='{"endpointName": "a", "confirm": "b"}')

    assert "/autoscalingMaxCapacity: is for a new deployment" in rollback.output
    assert '/confirm: expected "a", as in /endpointName, got "b"' in removal.output


def test_a_payload_is_read_from_standard_input() -> None:
    ended = run("validate", "-", text='{"endpointName": "a", "rollback": true}')

    assert (ended.exit_code, ended.output) == (0, "-: valid\n")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "is not JSON: Expecting property name enclosed in double quotes"),
        ("a.yaml", "a: [", "is not YAML: while parsing a flow node"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_a_usage_error(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    ended = run("validate", str(tmp_path / name))

    assert ended.exit_code == 2
    assert message in ended.output


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", '{"a": 1, "a": 2}', 'the name "a" is given twice'),
        ("a.yaml", "a: 1\na: 2", 'the name "a" is given twice'),
        ("a.json", '{"a": NaN}', "NaN is not a number in JSON"),
        ("a.yaml", "a: .nan", "nan is not a value that JSON has"),
        ("a.yaml", "a: !!binary aGVsbG8=", "b'hello' is not a value that JSON has"),
        ("a.yaml", "on: 1", "the name True is not text: put it in quotes"),
        ("a.yaml", "a: &a [*a]", "an alias contains itself"),
        ("a.json", "[" * 100_000, "it is nested too deeply"),
        ("a.yaml", "[" * 3_000, "it is nested too deeply"),
    ],
)
def test_what_json_cannot_express_is_named(name: str, text: str, reason: str) -> None:
    with pytest.raises(CommandError) as raised:
        payload.parse(text, name)

    assert (raised.value.code, raised.value.exit_code) == ("NotReadable", 2)
    assert reason in raised.value.message


def test_yaml_can_merge_and_override_a_mapping() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}"

    assert payload.parse(text, "a.yaml")["b"] == {"x": 1, "y": 3}


@pytest.mark.parametrize("text", ['{"a": 1}', "a: 1"])
def test_a_byte_order_mark_is_ignored(text: str) -> None:
    assert payload.parse(f"\ufeff{text}", "-") == {"a": 1}


def test_standard_input_that_is_not_utf_8_is_a_usage_error() -> None:
    ended = CliRunner().invoke(main, ["validate", "-"], input=b"\xff\xfe")

    assert (ended.exit_code, ended.output) == (2, "Error: - is not text in UTF-8. Convert it.\n")


def test_yaml_has_only_the_types_of_json() -> None:
    assert payload.parse("rollbackTo: 2026-11-21\nn: 1e3\n", "a.yaml") == {"rollbackTo": "2026-11-21", "n": "1e3"}


@pytest.mark.parametrize("text", ["[1]", '{"detail-type": "SageMaker Model Package State Change"}'])
def test_what_is_no_request_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(text)

    with pytest.raises(CommandError) as raised:
        payload.read_request(str(file))

    assert raised.value.code == "NotARequest"


def test_the_schema_has_a_stable_id() -> None:
    printed = run("schema"), run("schema", "--removal", "--output", "json")

    assert [json.loads(each.output)["$id"] for each in printed] == [
        "urn:slipway:deploy-endpoint:request",
        "urn:slipway:remove-endpoint:request",
    ]
