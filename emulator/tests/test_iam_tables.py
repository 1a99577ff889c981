"""The tables against botocore's models and cfn-lint's list of actions and resources.

cfn-lint's list is made from AWS's service authorization reference.
"""

import json
import re
from functools import cache
from importlib import resources
from typing import Any

import pytest
from moto.core.model import ServiceModel
from moto.core.utils import get_service_model

from local_aws.core.authorization import tables
from local_aws.core.authorization.filters import FILTERS, Scope
from local_aws.core.authorization.tables import Table
from local_aws.core.authorization.templates import expand

SERVICES = tables.services()
FIELD = re.compile(r"\{([\w.@,-]+)(?:=[^|}]*)?((?:\|\w+)*)\}")
BUILT_IN = {"partition", "region", "account"}


@cache
def reference() -> dict[str, Any]:
    text = resources.files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def table(service: str) -> Table:
    found = tables.table(service)
    assert found is not None
    return found


def actions_of(found: Table) -> set[str]:
    return {found.action(operation) for operation in found.operations} | {
        action for derived in found.derived for action in derived.actions
    }


def templates_of(found: Table, operation: str) -> list[str]:
    own = [each for name in found.operations[operation] for each in found.resources[name]]
    return own + [each for derived in found.derived if operation in derived.operations for each in derived.resources]


def has_path(model: ServiceModel, operation: str, path: str) -> bool:
    shape = model.operation_model(operation).input_shape
    for name in path.split("."):
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        if shape is None or (name == "@keys" and shape.type_name != "map"):
            return False
        if name != "@keys" and (shape.type_name != "structure" or name not in shape.members):
            return False
        shape = shape.value if name == "@keys" else shape.members[name]
    return True


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_one_of_the_service(service: str) -> None:
    assert set(table(service).operations) - set(get_service_model(service).operation_names) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_action_exists_on_aws(service: str) -> None:
    unknown = {
        action
        for action in actions_of(table(service))
        if action.split(":")[1].lower() not in reference()[action.split(":")[0]]["Actions"]
    }

    assert unknown == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_a_template_is_a_parameter_of_its_operation(service: str) -> None:
    model, found = get_service_model(service), table(service)
    missing = [
        (operation, paths)
        for operation in found.operations
        for template in templates_of(found, operation)
        for paths, _ in FIELD.findall(template)
        if paths not in BUILT_IN and not any(has_path(model, operation, path) for path in paths.split(","))
    ]

    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_filter_exists(service: str) -> None:
    found = table(service)
    templates = [each for several in found.resources.values() for each in several]
    templates += [each for derived in found.derived for each in (*derived.resources, *derived.context.values())]
    templates += found.context.values()
    named = {name for each in templates for _, filters in FIELD.findall(each) for name in filters.split("|")[1:]}

    assert named - set(FILTERS) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_context_key_comes_from_a_parameter_of_an_operation(service: str) -> None:
    model, found = get_service_model(service), table(service)
    paths = {path for each in found.context.values() for path, _ in FIELD.findall(each)} - BUILT_IN
    paths |= set(found.context_maps.values())

    lost = {path for path in paths if not any(has_path(model, each, path) for each in found.operations)}
    assert lost == set()


@pytest.mark.parametrize("service", SERVICES)
def test_derived_permissions_have_existing_operations_and_parameters(service: str) -> None:
    model, found = get_service_model(service), table(service)
    for rule in (*found.derived, *found.unscoped):
        assert set(rule.operations) <= set(found.operations)
        for operation in rule.operations:
            assert all(has_path(model, operation, path) for path in rule.when), (operation, rule.when)


@pytest.mark.parametrize("service", SERVICES)
def test_parameters_that_are_not_modelled_exist(service: str) -> None:
    model, found = get_service_model(service), table(service)

    assert {
        name for name in found.not_modelled if not any(has_path(model, each, name) for each in found.operations)
    } == set()


# AWS lists a resource that the call does not name: the service creates it or accepts any.
WITHOUT_NAME = {
    ("cloudwatch", "GetMetricData"),
    ("cloudwatch", "ListMetrics"),
    ("cloudwatch", "PutMetricData"),
    ("lambda", "CreateEventSourceMapping"),
    ("sagemaker", "ListModelPackages"),
}
# AWS lists none, but allows them on the state machine's ARN: see tables/stepfunctions.toml.
UNLISTED = {("stepfunctions", f"SendTask{answer}") for answer in ("Failure", "Heartbeat", "Success")}


@pytest.mark.parametrize("service", SERVICES)
def test_an_operation_has_a_resource_if_the_reference_has_one(service: str) -> None:
    found = table(service)
    known = reference()[found.prefix]["Actions"]
    differing = {
        (service, operation)
        for operation, types in found.operations.items()
        if bool(types) != bool(known[found.action(operation).split(":")[1].lower()].get("Resources"))
    }

    assert differing - WITHOUT_NAME - UNLISTED == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_arn_has_a_form_of_the_reference_for_its_action(service: str) -> None:
    found, scope = table(service), Scope("eu-west-1", "123456789012")
    anything = "alias/any" if service == "kms" else "any"  # prefix of the names of aliases
    wrong = []
    for operation, types in found.operations.items():
        names = [each for name in types for each in expand(found.resources[name][0], {}, scope, missing=anything)]
        formats = _formats(found.prefix, found.action(operation).split(":")[1].lower())
        wrong += [
            (operation, name)
            for name in names
            if name.startswith("arn:") and not any(re.fullmatch(each, name) for each in formats)
        ]

    assert wrong == []


def _formats(prefix: str, action: str) -> list[str]:
    service = reference()[prefix]
    formats = [
        each
        for name in service["Actions"][action].get("Resources", [])
        for each in service["Resources"][name.lower()]["ARNFormats"]
    ]
    fixed = {"${Partition}": "aws", "${Region}": "eu-west-1", "${Account}": "123456789012"}
    for variable, value in fixed.items():
        formats = [each.replace(variable, value) for each in formats]
    return formats
