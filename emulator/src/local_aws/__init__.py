"""The local AWS: moto's server, extended until the real `sam deploy`, `aws` and boto3 run on it unchanged.

It knows nothing of the applications that are deployed on it. `COVERAGE.md` lists what is exact,
approximate and refused.

The public interface is this module, which runs the local AWS, and `local_aws.offline`, which answers
questions about AWS without a running server. Everything else is internal.
"""

from local_aws.client import ACCOUNT_ID, REGION, LocalAws, session
from local_aws.waiting import until

__all__ = ["ACCOUNT_ID", "REGION", "LocalAws", "session", "until"]
