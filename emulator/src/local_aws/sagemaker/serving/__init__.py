"""Model containers of endpoints: each variant has a host, which answers invocations.

`Host.invoke` is the whole interface for callers. `stubs` answers instead of a container on request of a test.
"""

from local_aws.sagemaker.serving.host import Host
from local_aws.sagemaker.serving.messages import Answer, HostTimeoutError, Invocation, NotRunnableError

__all__ = ["Answer", "Host", "HostTimeoutError", "Invocation", "NotRunnableError"]
