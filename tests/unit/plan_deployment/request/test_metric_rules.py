from typing import Any

import pytest

from plan_deployment.request.metrics import of_resource
from plan_deployment.request.scaling_kinds import INSTANCES
from plan_deployment.scaling.requested import requested_scaling
from tests.unit.plan_deployment.request.reading import MINIMAL, POLICY, VARIANT, faults, read

AT = f"{POLICY}/CustomizedMetricSpecification"
METRIC = {"MetricName": "Load", "Namespace": "Team/Models"}
OF_SAGEMAKER = METRIC | {"Namespace": "/aws/sagemaker/Endpoints"}
CPU = METRIC | {"Statistic": "Average"}
TWO = [VARIANT | {"VariantName": "A"}, VARIANT | {"VariantName": "B"}]


def on(endpoint: str, variant: str) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    return {"Dimensions": dimensions}


def query(number: int = 1, **members: Any) -> dict[str, Any]:
    return {"Id": f"m{number}", "MetricStat": {"Metric": METRIC, "Stat": "Average"}} | members


def customized(specification: Any, **fields: Any) -> dict[str, Any]:
    policy = {"TargetValue": 70, "CustomizedMetricSpecification": specification}
    return MINIMAL | {"autoscalingMaxCapacity": 3, POLICY[1:]: policy} | fields


def policies(request: dict[str, Any], endpoint_name: str = "e") -> list[dict[str, Any]]:
    asked = read(request)
    made = requested_scaling(endpoint_name, asked.config, asked.scaling, [], "stack/e/")
    return [
        each.policies[0]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"] for each in made
    ]


UNFIT: dict[str, tuple[Any, dict[str, str]]] = {
    "nothing": ({}, {AT: "does not name a metric. Give MetricName, Namespace and Statistic, or Metrics."}),
    "no statistic": (
        {"MetricName": "m", "Namespace": "n"},
        {f"{AT}/Statistic": "is missing; a metric needs three members. Give it."},
    ),
    "two forms": (
        CPU | {"Metrics": [query()]},
        {AT: "has Metrics and MetricName, Namespace, Statistic. Keep one metric or the list of metrics."},
    ),
    "no dimensions on a metric of SageMaker": (
        OF_SAGEMAKER | {"Statistic": "Average"},
        {
            f"{AT}/Dimensions": "is missing; /aws/sagemaker/Endpoints has no metric without dimensions, so nothing would ever"
        },
    ),
    "no dimensions on one of several metrics": (
        {"Metrics": [query(MetricStat={"Metric": OF_SAGEMAKER | {"Dimensions": []}, "Stat": "Average"})]},
        {f"{AT}/Metrics/0/MetricStat/Metric/Dimensions": "is missing; /aws/sagemaker/Endpoints has no metric"},
    ),
    "an empty list": ({"Metrics": []}, {f"{AT}/Metrics": "0 of 0 metrics return data"}),
    "two results": (
        {"Metrics": [query(1), query(2)]},
        {f"{AT}/Metrics": '2 of 2 metrics return data; a policy tracks one. Give all others "ReturnData": f'},
    ),
    "no result": ({"Metrics": [query(ReturnData=False)]}, {f"{AT}/Metrics": "0 of 1 metrics return data"}),
    "an expression and a metric": (
        {"Metrics": [query(Expression="m1 / 2")]},
        {f"{AT}/Metrics/0": "needs either Expression or MetricStat. Keep one of them."},
    ),
    "an id with a capital": (
        {"Metrics": [query(Id="M1")]},
        {f"{AT}/Metrics/0/Id": '"M1" is not an id: letters, digits'},
    ),
    "an id for two": (
        {"Metrics": [query(), query(ReturnData=False)]},
        {
            f"{AT}/Metrics/0/Id": '"m1" is also the id of another metric',
            f"{AT}/Metrics/1/Id": '"m1" is also the id of another metric',
        },
    ),
    "a metric without a name": (
        {"Metrics": [query(MetricStat={"Metric": {}, "Stat": "Sum"})]},
        {f"{AT}/Metrics/0/MetricStat/Metric/{member}": "is missing" for member in ("MetricName", "Namespace")},
    ),
    "another endpoint": (
        CPU | on("other", "AllTraffic"),
        {f"{AT}/Dimensions/0/Value": '"other" is another endpoint, with another load. Give "e".'},
    ),
    "an unknown variant": (
        CPU | on("e", "C"),
        {f"{AT}/Dimensions/1/Value": '"C" is not a production variant of the request. Give "AllTraffic"; every varian'},
    ),
    "another endpoint in an expression": (
        {"Metrics": [query(MetricStat={"Metric": METRIC | on("other", "C"), "Stat": "Sum"})]},
        {
            f"{AT}/Metrics/0/MetricStat/Metric/Dimensions/0/Value": '"other" is another endpoint',
            f"{AT}/Metrics/0/MetricStat/Metric/Dimensions/1/Value": '"C" is not a production variant',
        },
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_metric_that_cannot_be_tracked_is_refused(case: str) -> None:
    specification, expected = UNFIT[case]

    found = faults(customized(specification))

    assert found.keys() == expected.keys()
    for pointer, part in expected.items():
        assert part in found[pointer]


def test_the_label_of_a_load_balancer_is_refused() -> None:
    predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance", "ResourceLabel": "app/x"}
    policy = {"PredefinedMetricSpecification": predefined}

    found = faults(MINIMAL | {"autoscalingMaxCapacity": 3, POLICY[1:]: policy})

    assert found == {f"{POLICY}/PredefinedMetricSpecification/ResourceLabel": "is only for load balancers. Remove it."}


def test_a_policy_larger_than_application_auto_scaling_takes_is_refused_with_its_size() -> None:
    found = faults(customized({"Metrics": [query(Label="x" * 51_200)]}))

    assert found.keys() == {POLICY}
    assert "bytes; Application Auto Scaling takes at most 51,200. Use fewer metrics" in found[POLICY]


def test_every_variant_is_scaled_on_its_own_metric() -> None:
    request = customized(CPU | on("e", "A"), productionVariants=TWO)

    assert policies(request) == [CPU | on("e", "A"), CPU | on("e", "B")]
    assert f"{AT}/Dimensions/1/Value: every variant is scaled on its own metric, not on that of A." in (
        read(request).warnings
    )


def test_every_variant_is_scaled_on_its_own_metrics_of_an_expression() -> None:
    stat = {"Metric": METRIC | on("e", "B"), "Stat": "Sum"}
    queries = [query(MetricStat=stat, ReturnData=False), {"Id": "half", "Expression": "m1 / 2"}]

    made = policies(customized({"Metrics": queries}, productionVariants=TWO))

    assert [each["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"][1]["Value"] for each in made] == ["A", "B"]
    assert [each["Metrics"][1] for each in made] == [queries[1]] * 2


def test_an_expression_over_several_variants_is_not_changed() -> None:
    stats = [{"Metric": METRIC | on("e", name), "Stat": "Sum"} for name in "AB"]
    queries = [query(n, MetricStat=stat, ReturnData=False) for n, stat in enumerate(stats)]
    specification = {"Metrics": [*queries, {"Id": "sum", "Expression": "m0 + m1"}]}
    request = customized(specification, productionVariants=TWO)

    assert policies(request) == [specification, specification]
    assert any("all variants are scaled on the same metric" in warning for warning in read(request).warnings)


def test_the_endpoint_is_named_in_its_own_case_and_a_metric_without_variant_gets_none() -> None:
    backlog = CPU | {"Dimensions": [{"Name": "EndpointName", "Value": "e"}, {"Name": "Own", "Value": "x"}]}

    assert policies(customized(backlog), endpoint_name="E") == [
        CPU | {"Dimensions": [{"Name": "EndpointName", "Value": "E"}, {"Name": "Own", "Value": "x"}]}
    ]
    assert read(customized(backlog)).warnings == ()


def test_the_policy_of_the_request_is_not_changed_by_filling_it_in() -> None:
    policy = {"TargetValue": 70, "CustomizedMetricSpecification": CPU | on("e", "A")}

    of_resource(policy, INSTANCES, "e", "B")

    assert policy["CustomizedMetricSpecification"] == CPU | on("e", "A")
