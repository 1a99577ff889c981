import pytest

from tools import picture


@pytest.mark.parametrize(
    ("tracking", "name"),
    [
        ({"PredefinedMetricSpecification": {"PredefinedMetricType": "Invocations"}}, "Invocations"),
        ({"CustomizedMetricSpecification": {"MetricName": "Backlog"}}, "Backlog"),
        ({"CustomizedMetricSpecification": {"Metrics": [{"Id": "m"}]}}, "metric math"),
    ],
)
def test_a_policy_is_shown_with_its_metric_of_any_kind(tracking: dict[str, object], name: str) -> None:
    assert picture.metric_name(tracking) == name
