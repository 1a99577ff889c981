"""The partition of this process: that of its Region.

Roles, buckets and access keys of one partition do not exist in another (AWS General Reference, "AWS partitions").
"""

from __future__ import annotations

import os

from moto.utilities.utils import get_partition

REGION = os.environ.get("LOCAL_AWS_REGION", "eu-west-1")
NAME: str = get_partition(REGION)
# botocore's endpoints.json, "dnsSuffix".
DNS_SUFFIX = "amazonaws.com.cn" if NAME == "aws-cn" else "amazonaws.com"


def contains(region: str) -> bool:
    """Whether `region` belongs to this partition."""
    return bool(get_partition(region) == NAME)
