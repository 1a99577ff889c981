"""Rules on the metric that a scaling policy tracks. See `variant_rules` for what a rule is.

Conditions: Application Auto Scaling API reference, CustomizedMetricSpecification and TargetTrackingMetricDataQuery.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from plan_deployment.request.fields import production_variants
from plan_deployment.request.metrics import CUSTOMIZED, ENDPOINT, VARIANT, dimensions, measured, named_variants
from plan_deployment.request.scaling_rules import POLICY
from shared.aws import Json
from shared.planning.faults import Fault

SINGLE = ("MetricName", "Namespace", "Statistic")
SINGLE_METRIC = (*SINGLE, "Dimensions", "Unit")
ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
# SageMaker publishes no metric here without dimensions (SageMaker developer guide, CloudWatch metrics).
SAGEMAKER_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/Endpoints")
MOST_BYTES = 50 * 1024  # Application Auto Scaling user guide, target tracking with metric math
AT = f"/{POLICY}/{CUSTOMIZED}"


def no_resource_label_is_given(request: Json) -> Iterator[Fault]:
    predefined = (request.get(POLICY) or {}).get("PredefinedMetricSpecification") or {}
    if "ResourceLabel" in predefined:
        at = f"/{POLICY}/PredefinedMetricSpecification/ResourceLabel"
        yield Fault(at, "is only for load balancers", "Remove it")


def customized_metric_is_complete(request: Json) -> Iterator[Fault]:
    specification = (request.get(POLICY) or {}).get(CUSTOMIZED)
    if specification is None:
        return
    single = [member for member in SINGLE_METRIC if member in specification]
    if "Metrics" in specification:
        if single:
            yield Fault(AT, f"has Metrics and {', '.join(single)}", "Keep one metric or the list of metrics")
        elif specification["Metrics"] is not None:
            yield from _query_faults(specification["Metrics"])
    elif not single:
        yield Fault(AT, "does not name a metric", f"Give {', '.join(SINGLE[:-1])} and {SINGLE[-1]}, or Metrics")
    else:
        for member in SINGLE:
            if member not in specification:
                yield Fault(f"{AT}/{member}", "is missing; a metric needs three members", "Give it")


def _query_faults(queries: list[Json | None]) -> Iterator[Fault]:
    ids = Counter(query.get("Id") for query in queries if query)
    for index, query in enumerate(queries):
        at = f"{AT}/Metrics/{index}"
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
        yield Fault(f"{AT}/Metrics", problem, 'Give all others "ReturnData": false')


def sagemaker_metrics_have_dimensions(request: Json) -> Iterator[Fault]:
    for pointer, metric in measured(request.get(POLICY) or {}):
        if metric.get("Namespace") in SAGEMAKER_NAMESPACES and metric.get("Dimensions", []) == []:
            at = f"/{POLICY}{pointer}/Dimensions"
            problem = f"is missing; {metric['Namespace']} has no metric without dimensions, so nothing would ever scale"
            yield Fault(at, problem, f"Give those of the metric, such as {ENDPOINT} and {VARIANT}")


def dimensions_name_the_endpoint(request: Json) -> Iterator[Fault]:
    policy, endpoint_name = request.get(POLICY) or {}, request.get("endpointName")
    names = [variant.get("VariantName") for _, variant in production_variants(request)]
    for pointer, dimension in dimensions(policy):
        name, value = dimension.get("Name"), dimension.get("Value")
        at = f"/{POLICY}{pointer}/Value"
        if value is None:
            continue
        if name == ENDPOINT and endpoint_name is not None and value.lower() != endpoint_name.lower():
            problem = f'"{value}" is another endpoint, with another load'
            yield Fault(at, problem, f"Give {json.dumps(endpoint_name)}")
        elif name == VARIANT and None not in names and value not in names:
            remedy = f"Give {' or '.join(map(json.dumps, names))}; every variant gets a policy on its own metric"
            yield Fault(at, f'"{value}" is not a production variant of the request', remedy)


def policy_is_small_enough(request: Json) -> Iterator[Fault]:
    size = len(json.dumps(request.get(POLICY), separators=(",", ":"), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        problem = f"has {size:,} bytes; Application Auto Scaling takes at most {MOST_BYTES:,}"
        yield Fault(f"/{POLICY}", problem, "Use fewer metrics, or shorter ids and labels")


def warnings(request: Json) -> Iterator[str]:
    """Yield warnings about metrics of a valid policy that differ from what it may mean."""
    count = len(list(production_variants(request)))
    named = named_variants(request.get(POLICY, {}))
    if count < 2 or not named:
        return
    pointer, name = named[0]
    if len({each for _, each in named}) == 1:
        yield f"/{POLICY}{pointer}: every variant is scaled on its own metric, not on that of {name}."
    else:
        yield f"/{POLICY}/{CUSTOMIZED}: all variants are scaled on the same metric, which measures several of them."


RULES = (
    no_resource_label_is_given,
    customized_metric_is_complete,
    sagemaker_metrics_have_dimensions,
    dimensions_name_the_endpoint,
    policy_is_small_enough,
)
