"""Complete or fail a task that waits for its token."""

import json
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of
from shared.errors import SlipwayError

# The token was answered, its task timed out, or its execution ended (Step Functions API reference, SendTaskSuccess).
USED_UP = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


def succeed(states: Client, token: str, result: Json) -> bool:
    """Complete the task with a result; return False if nothing waits for the token any more."""
    return _answer(states.send_task_success, taskToken=token, output=json.dumps(result))


def fail(states: Client, token: str, error: SlipwayError) -> bool:
    """Fail the task with an error; return False if nothing waits for the token any more."""
    return _answer(states.send_task_failure, taskToken=token, error=type(error).__name__, cause=str(error))


def _answer(send: Any, **answer: str) -> bool:
    try:
        send(**answer)
    except ClientError as error:
        if code_of(error) not in USED_UP:
            raise
        return False
    return True
