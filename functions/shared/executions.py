"""State of other executions."""

from botocore.exceptions import ClientError

from shared.aws import Client, code_of
from shared.moments import iso

# Neither status is final (Step Functions API reference, DescribeExecution).
AT_WORK = frozenset({"RUNNING", "PENDING_REDRIVE"})


def ended_at(states: Client, execution_arn: str) -> str | None:
    """Return when the execution ended, ISO 8601: None while it runs, "" if Step Functions has forgotten it."""
    try:
        found = states.describe_execution(executionArn=execution_arn, includedData="METADATA_ONLY")
    except ClientError as error:
        if code_of(error) != "ExecutionDoesNotExist":  # 90 days after its end
            raise
        return ""
    return None if found["status"] in AT_WORK else iso(found["stopDate"])
