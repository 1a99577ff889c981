"""Answers to a task that waits for its token."""

import json
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of
from shared.errors import Ending

# Nobody waits for the token any more: it was answered, its task timed out, or its execution ended (Step Functions API
# reference, SendTaskSuccess).
USED_UP = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


def succeed(states: Client, token: str, result: Json) -> bool:
    """Complete the task with `result`; False when nobody waits for it any more."""
    return _answer(states.send_task_success, taskToken=token, output=json.dumps(result))


def fail(states: Client, token: str, ending: Ending) -> bool:
    """Let the task fail as `ending`; False when nobody waits for it any more."""
    return _answer(states.send_task_failure, taskToken=token, error=type(ending).__name__, cause=str(ending))


def _answer(send: Any, **answer: str) -> bool:
    try:
        send(**answer)
    except ClientError as error:
        if code_of(error) not in USED_UP:
            raise
        return False
    return True
