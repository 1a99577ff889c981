"""DynamoDB: operations run one at a time, and requests are checked.

DynamoDB developer guide, "Condition expressions" and "Transactions": a conditional write is atomic, and operations
on one item are serializable. moto checks the condition first and writes later, so that threads could interleave.
"""

from __future__ import annotations

import functools
import pickle
import re
import threading
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.responses import DynamoHandler

from local_aws.core import constraints
from local_aws.core.constraints import ConstraintError
from local_aws.core.errors import ApiError

_lock = threading.RLock()
# Length of a table's name (DynamoDB developer guide, "Naming rules"); the API's model allows an ARN in its place.
_TABLE_NAME = "[a-zA-Z0-9_.-]+"


def install() -> None:
    """Check requests, and run one operation at a time."""
    call_action = DynamoHandler.call_action

    def call_action_alone(response: DynamoHandler) -> Any:
        _check(response._get_action(), response.params)
        with _lock:
            return call_action(response)

    DynamoHandler.call_action = call_action_alone
    # moto parses an update expression twice per call and changes only copies of the result
    UpdateExpressionParser.make = functools.lru_cache(UpdateExpressionParser.make)
    Node.__deepcopy__ = Item.__deepcopy__ = _copy
    # each of ten traversers lists its types again for every node
    types_of_nodes = DepthFirstTraverser.nodes_to_be_processed
    DepthFirstTraverser.nodes_to_be_processed = functools.lru_cache(maxsize=16)(types_of_nodes)


def _copy(value: Any, _: dict[int, Any]) -> Any:
    """Return a deep copy; pickle is several times faster than `copy.deepcopy`."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - the bytes are its own


def _check(operation: str, request: dict[str, Any]) -> None:
    """Refuse requests that DynamoDB refuses before it reads a table.

    Raises
    ------
    ApiError
        ValidationException.
    """
    try:
        constraints.check("dynamodb", operation, request)
    except ConstraintError as error:
        raise ApiError(error.code, error.message) from error
    name = request.get("TableName")
    if name is not None and not name.startswith("arn:") and not re.fullmatch(_TABLE_NAME, name):
        said = f"Member must satisfy regular expression pattern: {_TABLE_NAME}"
        message = f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: {said}"
        raise ApiError("ValidationException", message)
