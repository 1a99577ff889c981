"""CloudWatch dashboards: their bodies and names are checked, and they have tags, unlike moto's.

CloudWatch API reference, PutDashboard and TagResource.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import DashboardInvalidInputError, InvalidParameterValue
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from local_aws.cloudwatch import dashboard_rules

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def install() -> None:
    """Add the checks and the tags of dashboards."""
    CloudWatchResponse.put_dashboard = _checked(CloudWatchResponse.put_dashboard)
    CloudWatchBackend.delete_dashboards = _delete(CloudWatchBackend.delete_dashboards)
    CloudWatchBackend.tag_resource = _tag(CloudWatchBackend.tag_resource)


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_dashboard(response: Any) -> Any:
        backend, name = response.cloudwatch_backend, response._get_param("DashboardName")
        if not NAME.fullmatch(name):
            raise InvalidParameterValue(
                f"The value {name} for field DashboardName contains invalid characters. "
                "It can only contain alphanumerics, dash (-) and underscore (_)."
            )
        refusal = dashboard_rules.refusal(response._get_param("DashboardBody"))
        if refusal is not None:
            raise DashboardInvalidInputError(refusal)
        is_new = name not in backend.dashboards
        answer = original(response)
        if is_new:  # Tags of an existing dashboard are ignored
            backend.tagger.tag_resource(backend.dashboards[name].arn, response._get_param("Tags", []))
        return answer

    return put_dashboard


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_dashboards(backend: Any, dashboards: list[str]) -> Any:
        arns = [backend.dashboards[name].arn for name in dashboards if name in backend.dashboards]
        refusal = original(backend, dashboards)
        if refusal is None:
            for arn in arns:
                backend.tagger.delete_all_tags_for_resource(arn)
        return refusal

    return delete_dashboards


def _tag(original: Callable[..., Any]) -> Callable[..., Any]:
    def tag_resource(backend: Any, arn: str, tags: dict[str, str]) -> None:
        if any(arn == dashboard.arn for dashboard in backend.dashboards.values()):
            backend.tagger.tag_resource(arn, backend.tagger.convert_dict_to_tags_input(tags))
        else:
            original(backend, arn, tags)

    return tag_resource
