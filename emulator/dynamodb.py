"""DynamoDB: one operation at a time, so that a condition still holds when what it allows is written.

DynamoDB developer guide, "Condition expressions" and "Transactions": a conditional write is atomic, and operations
on one item are serializable. moto checks the condition and writes later, and another thread may do so in between.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.responses import DynamoHandler

_lock = threading.RLock()


def install() -> None:
    """Let an operation have its answer before the next one begins."""
    call_action = DynamoHandler.call_action

    def call_action_alone(response: DynamoHandler) -> Any:
        with _lock:
            return call_action(response)

    DynamoHandler.call_action = call_action_alone
