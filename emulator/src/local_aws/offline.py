"""What the local AWS knows without a running server, for tests and tools of applications.

- `evaluate` and `fill` evaluate JSONata as Step Functions does, `QueryEvaluationError` is their error;
  `definition_problems` lists what Step Functions refuses in a definition.
- `resource_schema` returns CloudFormation's schema of a resource type.
- `operation_of` and `permission_table` look up the service authorization reference;
  `action_pattern` matches the actions of policies.
- `model_pattern` translates a pattern of botocore's service models.
- `traffic_description` checks a description of traffic, and raises a ValueError that names the invalid member.
"""

from local_aws.cloudformation.schemas import load as resource_schema
from local_aws.core.authorization.patterns import any_of as action_pattern
from local_aws.core.authorization.tables import operation as operation_of
from local_aws.core.authorization.tables import table as permission_table
from local_aws.core.constraints import python_pattern as model_pattern
from local_aws.stepfunctions.definition import problems as definition_problems
from local_aws.stepfunctions.errors import QueryEvaluationError
from local_aws.stepfunctions.jsonata import evaluate, fill
from local_aws.traffic.description import parsed as traffic_description

__all__ = [
    "QueryEvaluationError",
    "action_pattern",
    "definition_problems",
    "evaluate",
    "fill",
    "model_pattern",
    "operation_of",
    "permission_table",
    "resource_schema",
    "traffic_description",
]
