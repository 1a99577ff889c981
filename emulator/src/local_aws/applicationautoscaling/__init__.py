"""Application Auto Scaling for SageMaker. moto answers for other service namespaces.

moto registers any target, checks no policy, creates no alarms for SageMaker, and scales nothing.
"""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any

import moto.backends
from moto.core.utils import camelcase_to_underscores

from local_aws import cloudwatch, traffic
from local_aws.applicationautoscaling import activities, policies, registration, registry, scaling, schedules, view
from local_aws.applicationautoscaling.schedule_runs import Schedule
from local_aws.core import operations
from local_aws.core.errors import NotModelledError
from local_aws.sagemaker import scalable_targets

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
    scalable_targets.when_settled(_settled)
    traffic.scaling.view = view


@cache
def _extend() -> None:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    for module in (registration, policies, schedules, activities):
        for operation, function in module.OPERATIONS.items():
            own = operations.method(SERVICE, operation, BACKEND_PROPERTY, function)
            _replace_for_sagemaker(ApplicationAutoScalingResponse, operation, own)
    cloudwatch.on_action(registry.is_scaling_policy, scaling.on_alarm_action)
    traffic.each_step(Schedule().step)
    operations.replace(ApplicationAutoScalingResponse, SERVICE, BACKEND_PROPERTY, registration.TAG_OPERATIONS)


def _settled(account_id: str, region: str, resource_id: str, *, succeeded: bool) -> None:
    for registered in registry.below(account_id, region, resource_id):
        scaling.finish(registered, succeeded=succeeded)


def _replace_for_sagemaker(response_class: Any, operation: str, own: operations.Method) -> None:
    name = camelcase_to_underscores(operation)
    original = getattr(response_class, name, partial(_refuse, operation))

    def answer(response: Any) -> Any:
        namespace = json.loads(response.body or "{}").get("ServiceNamespace")
        return own(response) if namespace == "sagemaker" else original(response)

    setattr(response_class, name, answer)


def _refuse(operation: str, _: Any) -> Any:
    raise NotModelledError(f"{operation} outside the service namespace sagemaker")
