"""Rules on the metric that a scaling policy follows: what Application Auto Scaling would refuse, or could not follow.

A rule gets the request with everything that breaks the schema set to None (see `validation.sound`), and yields what
breaks the rule. Conditions: Application Auto Scaling API reference, CustomizedMetricSpecification and
TargetTrackingMetricDataQuery.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from plan_deployment.metrics import CUSTOMIZED, ENDPOINT, VARIANT, dimensions, measured, named_variants
from plan_deployment.scaling_rules import POLICY
from plan_deployment.variant_rules import variants
from shared.aws import Json
from shared.planning.faults import Fault

SINGLE = ("MetricName", "Namespace", "Statistic")
OF_SINGLE = (*SINGLE, "Dimensions", "Unit")
ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
# SageMaker publishes nothing here without dimensions (SageMaker developer guide, CloudWatch metrics).
OF_SAGEMAKER = ("AWS/SageMaker", "/aws/sagemaker/Endpoints")
MOST_BYTES = 50 * 1024  # Application Auto Scaling user guide, target tracking with metric math
AT = f"/{POLICY}/{CUSTOMIZED}"


def load_balancers_are_not_scaled(request: Json) -> Iterator[Fault]:
    predefined = (request.get(POLICY) or {}).get("PredefinedMetricSpecification") or {}
    if "ResourceLabel" in predefined:
        at = f"/{POLICY}/PredefinedMetricSpecification/ResourceLabel"
        yield Fault(at, "is for load balancers, and a variant has none", "Remove it")


def a_customized_metric_is_complete(request: Json) -> Iterator[Fault]:
    specification = (request.get(POLICY) or {}).get(CUSTOMIZED)
    if specification is None:
        return
    single = [member for member in OF_SINGLE if member in specification]
    if "Metrics" in specification:
        if single:
            yield Fault(AT, f"has Metrics and {', '.join(single)}", "Keep one metric or the list of metrics")
        elif specification["Metrics"] is not None:
            yield from _query_faults(specification["Metrics"])
    elif not single:
        yield Fault(AT, "names no metric", f"Give {', '.join(SINGLE[:-1])} and {SINGLE[-1]}, or Metrics")
    else:
        for member in SINGLE:
            if member not in specification:
                yield Fault(f"{AT}/{member}", "is missing, and a metric is named by three members", "Give it")


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
            problem = f'"{name}" is not letters, digits and underscores that begin with a lower-case letter'
            yield Fault(f"{at}/Id", problem, "Choose another id, such as m1")
        elif name is not None and ids[name] > 1:
            yield Fault(f"{at}/Id", f'"{name}" is the id of another metric, too', "Give every metric an id of its own")
        metric = (query.get("MetricStat") or {}).get("Metric")
        for member in SINGLE[:2]:
            if metric is not None and member not in metric:
                yield Fault(f"{at}/MetricStat/Metric/{member}", "is missing", "Give it")
    returned = sum(1 for query in queries if query is None or query.get("ReturnData", True) is not False)
    if returned != 1:
        problem = f"{returned} of {len(queries)} metrics return data, and a policy follows one"
        yield Fault(f"{AT}/Metrics", problem, 'Give every other one "ReturnData": false')


def metrics_of_sagemaker_have_dimensions(request: Json) -> Iterator[Fault]:
    for pointer, metric in measured(request.get(POLICY) or {}):
        if metric.get("Namespace") in OF_SAGEMAKER and metric.get("Dimensions", []) == []:
            at = f"/{POLICY}{pointer}/Dimensions"
            problem = f"is missing, and {metric['Namespace']} has no metric without, so nothing would ever scale"
            yield Fault(at, problem, f"Give those of the metric, such as {ENDPOINT} and {VARIANT}")


def dimensions_are_those_of_the_endpoint(request: Json) -> Iterator[Fault]:
    policy, endpoint_name = request.get(POLICY) or {}, request.get("endpointName")
    names = [variant.get("VariantName") for _, variant in variants(request)]
    for pointer, dimension in dimensions(policy):
        name, value = dimension.get("Name"), dimension.get("Value")
        at = f"/{POLICY}{pointer}/Value"
        if value is None:
            continue
        if name == ENDPOINT and endpoint_name is not None and value.lower() != endpoint_name.lower():
            problem = f'"{value}" is another endpoint, whose load says nothing about this one'
            yield Fault(at, problem, f"Give {json.dumps(endpoint_name)}")
        elif name == VARIANT and None not in names and value not in names:
            remedy = f"Give {' or '.join(map(json.dumps, names))}; every variant gets a policy on its own metric"
            yield Fault(at, f'"{value}" is not a production variant of the request', remedy)


def a_policy_is_small_enough(request: Json) -> Iterator[Fault]:
    size = len(json.dumps(request.get(POLICY), separators=(",", ":"), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        problem = f"has {size:,} bytes, and Application Auto Scaling takes {MOST_BYTES:,}"
        yield Fault(f"/{POLICY}", problem, "Use fewer metrics, or shorter ids and labels")


def warnings(request: Json) -> Iterator[str]:
    """What a valid policy follows that may not be what it says."""
    count = len(list(variants(request)))
    named = named_variants(request.get(POLICY, {}))
    if count < 2 or not named:
        return
    pointer, name = named[0]
    if len({each for _, each in named}) == 1:
        yield f"/{POLICY}{pointer}: every variant is scaled on its own metric, not only {name} on that of {name}."
    else:
        yield f"/{POLICY}/{CUSTOMIZED}: all variants are scaled on the same metric, which measures several of them."


RULES = (
    load_balancers_are_not_scaled,
    a_customized_metric_is_complete,
    metrics_of_sagemaker_have_dimensions,
    dimensions_are_those_of_the_endpoint,
    a_policy_is_small_enough,
)
