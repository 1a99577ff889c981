"""Model containers of endpoints: each variant has a host, which answers invocations.

`Host.invoke` is the whole interface for callers. `stubs` answers instead of a container on request of a test.
"""

from local_aws.sagemaker.serving.host import Failure, Host
from local_aws.sagemaker.serving.launch import Launch
from local_aws.sagemaker.serving.messages import (
    UNHEALTHY_COMPONENT,
    Answer,
    HostEndedError,
    HostTimeoutError,
    Invocation,
    ModelDataError,
    NotRunnableError,
)

__all__ = [
    "UNHEALTHY_COMPONENT",
    "Answer",
    "Failure",
    "Host",
    "HostEndedError",
    "HostTimeoutError",
    "Invocation",
    "Launch",
    "ModelDataError",
    "NotRunnableError",
]
