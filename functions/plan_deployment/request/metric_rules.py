"""Rules on the metric that a target-tracking policy tracks.

Conditions: Application Auto Scaling API reference, CustomizedMetricSpecification and TargetTrackingMetricDataQuery. A
rule gets the request, and a policy with target tracking; see `variant_rules` for the rest.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from plan_deployment.request.autoscaling import PREDEFINED, Policy
from plan_deployment.request.fields import components, production_variants
from plan_deployment.request.metrics import (
    COMPONENT_NAME,
    CUSTOMIZED,
    ENDPOINT,
    VARIANT,
    dimensions,
    measured,
)
from shared.aws import Json
from shared.planning.faults import Fault

SINGLE = ("MetricName", "Namespace", "Statistic")
SINGLE_METRIC = (*SINGLE, "Dimensions", "Unit")
ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
# SageMaker publishes no metric here without dimensions (SageMaker developer guide, CloudWatch metrics).
SAGEMAKER_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/Endpoints", "/aws/sagemaker/InferenceComponents")
MOST_BYTES = 50 * 1024  # Application Auto Scaling user guide, target tracking with metric math


def no_resource_label_is_given(_: Json, policy: Policy) -> Iterator[Fault]:
    if "ResourceLabel" in ((policy.tracking or {}).get(PREDEFINED) or {}):
        yield Fault(policy.within(f"/{PREDEFINED}/ResourceLabel"), "is only for load balancers", "Remove it")


def customized_metric_is_complete(_: Json, policy: Policy) -> Iterator[Fault]:
    specification = (policy.tracking or {}).get(CUSTOMIZED)
    if specification is None:
        return
    at = policy.within(f"/{CUSTOMIZED}")
    single = [member for member in SINGLE_METRIC if member in specification]
    if "Metrics" in specification:
        if single:
            yield Fault(at, f"has Metrics and {', '.join(single)}", "Keep one metric or the list of metrics")
        elif specification["Metrics"] is not None:
            yield from query_faults(f"{at}/Metrics", specification["Metrics"])
    elif not single:
        yield Fault(at, "does not name a metric", f"Give {', '.join(SINGLE[:-1])} and {SINGLE[-1]}, or Metrics")
    else:
        for member in SINGLE:
            if member not in specification:
                yield Fault(f"{at}/{member}", "is missing; a metric needs three members", "Give it")


def query_faults(pointer: str, queries: list[Json | None]) -> Iterator[Fault]:
    """Yield the faults of the metrics of an expression, at the JSON pointer of their list."""
    ids = Counter(query.get("Id") for query in queries if query)
    for index, query in enumerate(queries):
        at = f"{pointer}/{index}"
        if query is None:
            continue
        if ("Expression" in query) == ("MetricStat" in query):
            yield Fault(at, "needs either Expression or MetricStat", "Keep one of them")
        name = query.get("Id")
        if name is not None and not ID.fullmatch(name):
            problem = f'"{name}" is not an id: letters, digits and underscores, beginning with a lower-case letter'
            yield Fault(f"{at}/Id", problem, "Choose another id, such as m1")
        elif name is not None and ids[name] > 1:
            yield Fault(f"{at}/Id", f'"{name}" is also the id of another metric', "Give every metric an id of its own")
        metric = (query.get("MetricStat") or {}).get("Metric")
        for member in SINGLE[:2]:
            if metric is not None and member not in metric:
                yield Fault(f"{at}/MetricStat/Metric/{member}", "is missing", "Give it")
    returned = sum(1 for query in queries if query is None or query.get("ReturnData", True) is not False)
    if returned != 1:
        problem = f"{returned} of {len(queries)} metrics return data; a policy tracks one"
        yield Fault(pointer, problem, 'Give all others "ReturnData": false')


def sagemaker_metrics_have_dimensions(_: Json, policy: Policy) -> Iterator[Fault]:
    if not policy.is_given:
        return
    for pointer, metric in measured(policy.tracking or {}):
        if metric.get("Namespace") in SAGEMAKER_NAMESPACES and metric.get("Dimensions", []) == []:
            problem = f"is missing; {metric['Namespace']} has no metric without dimensions, so nothing would ever scale"
            remedy = f"Give those of the metric, such as {ENDPOINT} and {VARIANT}"
            yield Fault(policy.within(f"{pointer}/Dimensions"), problem, remedy)


def dimensions_name_the_endpoint(request: Json, policy: Policy) -> Iterator[Fault]:
    for pointer, dimension in dimensions(policy.tracking or {}):
        yield from dimension_faults(request, policy.within(f"{pointer}/Value"), dimension)


def dimension_faults(request: Json, at: str, dimension: Json) -> Iterator[Fault]:
    """Yield a fault if a dimension names another endpoint, or a variant or component that the request does not have.

    Parameters
    ----------
    at : str
        JSON pointer of the dimension's value.
    """
    endpoint_name = request.get("endpointName")
    names = [variant.get("VariantName") for _, variant in production_variants(request)]
    name, value = dimension.get("Name"), dimension.get("Value")
    if value is None:
        return
    if name == ENDPOINT and endpoint_name is not None and value.lower() != endpoint_name.lower():
        problem = f'"{value}" is another endpoint, with another load'
        yield Fault(at, problem, f"Give {json.dumps(endpoint_name)}")
    elif name == VARIANT and None not in names and value not in names:
        remedy = f"Give {' or '.join(map(json.dumps, names))}; every variant gets a policy on its own metric"
        yield Fault(at, f'"{value}" is not a production variant of the request', remedy)
    elif name == COMPONENT_NAME:
        hosted = [str(component.get("name")) for _, component in components(request)]
        if value.lower() not in map(str.lower, hosted):
            remedy = f"Give {' or '.join(map(json.dumps, hosted))}" if hosted else "Remove it"
            yield Fault(at, f'"{value}" is not an inference component of the request', remedy)


def policy_is_small_enough(_: Json, policy: Policy) -> Iterator[Fault]:
    size = len(json.dumps(policy.tracking, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        problem = f"has {size:,} bytes; Application Auto Scaling takes at most {MOST_BYTES:,}"
        yield Fault(policy.within(""), problem, "Use fewer metrics, or shorter ids and labels")


RULES = (
    no_resource_label_is_given,
    customized_metric_is_complete,
    sagemaker_metrics_have_dimensions,
    dimensions_name_the_endpoint,
    policy_is_small_enough,
)
