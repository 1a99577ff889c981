"""Application Auto Scaling for SageMaker variants. moto answers for other service namespaces.

moto registers any target, checks no policy and creates no alarms for SageMaker.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import moto.backends
from moto.core.utils import camelcase_to_underscores

from local_aws.applicationautoscaling import policies, registration, registry, schedules, view
from local_aws.core import operations
from local_aws.sagemaker import scalable_targets
from local_aws.traffic import scaling

SERVICE = "application-autoscaling"
BACKEND_PROPERTY = "applicationautoscaling_backend"


def install() -> None:
    """Extend the service on its first call: moto's loads all of EC2, which takes a second."""
    import_backend = moto.backends._import_backend

    def import_extended(module_name: str, backends_name: str) -> Any:
        backends = import_backend(module_name, backends_name)
        if module_name == "applicationautoscaling":
            _extend()
        return backends

    moto.backends._import_backend = import_extended
    scalable_targets.registry = registry
    scaling.view = view


@cache
def _extend() -> None:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    for module in (registration, policies, schedules):
        for operation, function in module.OPERATIONS.items():
            own = operations.method(SERVICE, operation, BACKEND_PROPERTY, function)
            _replace_for_sagemaker(ApplicationAutoScalingResponse, operation, own)
    operations.replace(ApplicationAutoScalingResponse, SERVICE, BACKEND_PROPERTY, registration.TAG_OPERATIONS)


def _replace_for_sagemaker(response_class: Any, operation: str, own: operations.Method) -> None:
    name = camelcase_to_underscores(operation)
    original = getattr(response_class, name)

    def answer(response: Any) -> Any:
        namespace = json.loads(response.body or "{}").get("ServiceNamespace")
        return own(response) if namespace == "sagemaker" else original(response)

    setattr(response_class, name, answer)
