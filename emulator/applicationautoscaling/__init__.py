"""Application Auto Scaling for SageMaker variants; other service namespaces are moto's.

moto registers anything as a target, checks no policy, and makes no alarms for SageMaker.
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.utils import camelcase_to_underscores

from emulator import operations

SERVICE = "application-autoscaling"
BACKEND_PROPERTY = "applicationautoscaling_backend"


def install() -> None:
    # SageMaker's endpoints look into this package's registry, and these modules at SageMaker's endpoints
    from emulator.applicationautoscaling import policies, registration, schedules

    for module in (registration, policies, schedules):
        for operation, function in module.OPERATIONS.items():
            _replace_for_sagemaker(operation, operations.method(SERVICE, operation, BACKEND_PROPERTY, function))
    operations.replace(ApplicationAutoScalingResponse, SERVICE, BACKEND_PROPERTY, registration.TAG_OPERATIONS)


def _replace_for_sagemaker(operation: str, own: operations.Method) -> None:
    name = camelcase_to_underscores(operation)
    motos = getattr(ApplicationAutoScalingResponse, name)

    def answer(response: Any) -> Any:
        namespace = json.loads(response.body or "{}").get("ServiceNamespace")
        return own(response) if namespace == "sagemaker" else motos(response)

    setattr(ApplicationAutoScalingResponse, name, answer)
