"""Small requests, and the result of reading them."""

import re
from typing import Any

import pytest

from plan_deployment.request.request import Request, parse
from plan_deployment.request.scaling import RequestedResource
from shared.errors import InvalidRequest

VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
MINIMAL = {"endpointName": "e", "productionVariants": [VARIANT]}
SERVERLESS = {
    "VariantName": "AllTraffic",
    "ModelName": "m",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2},
}
POLICY = "/targetTrackingScalingPolicyConfiguration"
ALARM = {
    "MetricName": "InvocationsPerInstance",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 960,
    "ComparisonOperator": "GreaterThanThreshold",
}


def read(document: Any, *, is_profile: bool = False) -> Request:
    return parse(document, subject="The request", refusal=InvalidRequest, is_profile=is_profile)


def scaled(document: Any, variant: str = "AllTraffic") -> RequestedResource:
    """The scaling of one variant."""
    scaling = read(document).scaling
    assert scaling is not None
    return scaling.variants[variant]


def faults(document: Any, *, is_profile: bool = False) -> dict[str, str]:
    """Pointer and text of each fault in the message."""
    with pytest.raises(InvalidRequest) as raised:
        read(document, is_profile=is_profile)
    first, *lines = str(raised.value).splitlines()
    assert first == f"The request has {len(lines)} fault{'s' * (len(lines) != 1)}:"
    return dict(re.fullmatch(r"- (\S+|\(the whole\)): (.*)", line).groups() for line in lines)  # type: ignore[union-attr]
