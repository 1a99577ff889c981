"""CloudFormation: an engine of this package behind moto's API.

moto parses requests, but has no macros, order, rollback or comparison of resolved properties, and only warns of
an unknown resource type. This package does everything after parsing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from moto.core.responses import EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model

from local_aws.cloudformation import changesets, descriptions, nested, operations, resources
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.requests import Request
from local_aws.core import constraints, gateway
from local_aws.core.errors import NotModelledError
from local_aws.core.gateway import Call
from local_aws.core.operations import Answer

Operation = Callable[[Call, Request], dict[str, Any] | None]

_OPERATIONS: dict[str, Operation] = {
    "CreateChangeSet": changesets.create_change_set,
    "CreateStack": operations.create_stack,
    "DeleteChangeSet": changesets.delete_change_set,
    "DeleteStack": operations.delete_stack,
    "DescribeChangeSet": changesets.describe_change_set,
    "DescribeStackEvents": descriptions.describe_stack_events,
    "DescribeStackResource": descriptions.describe_stack_resource,
    "DescribeStackResources": descriptions.describe_stack_resources,
    "DescribeStacks": descriptions.describe_stacks,
    "ExecuteChangeSet": changesets.execute_change_set,
    "GetTemplate": operations.get_template,
    "GetTemplateSummary": operations.get_template_summary,
    "ListChangeSets": changesets.list_change_sets,
    "ListExports": descriptions.list_exports,
    "ListImports": descriptions.list_imports,
    "ListStackResources": descriptions.list_stack_resources,
    "ListStacks": descriptions.list_stacks,
    "UpdateStack": operations.update_stack,
    "UpdateTerminationProtection": operations.update_termination_protection,
    "ValidateTemplate": operations.validate_template,
}


def install() -> None:
    """Answer every operation of the API. Operations that are not modelled are refused."""
    # moto's own engine is not used, and its import takes a second and 100 MB: it imports every service
    engine = SimpleNamespace(Export=None, OutputMap=None, ResourceMap=None)
    sys.modules.setdefault("moto.cloudformation.parsing", cast(Any, engine))
    from moto.cloudformation.responses import CloudFormationResponse

    resources.register(nested.TYPES)
    for name in get_service_model("cloudformation").operation_names:
        setattr(CloudFormationResponse, camelcase_to_underscores(name), _method(name, _OPERATIONS.get(name)))


def _method(name: str, operation: Operation | None) -> Callable[[Any], Any]:
    def answer(_: Any) -> Any:
        if operation is None:
            raise NotModelledError(f"CloudFormation's operation {name}")
        call = gateway.current()
        request = {member: value for member, value in call.parameters.items() if value is not None}
        try:
            constraints.check("cloudformation", name, request)
        except constraints.ConstraintError as error:
            raise ValidationError(error.message) from error
        result = operation(call, request)
        return EmptyResult() if result is None else Answer(result)

    return answer
