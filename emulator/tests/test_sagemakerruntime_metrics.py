"""Metrics of invocations, which moto does not count."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.hosting import Hosting


def statistics(hosting: Hosting, endpoint: str, metric: str, variant: str = "AllTraffic") -> dict[str, Any]:
    """The only datapoint of the metric."""
    now = datetime.fromisoformat(hosting.aws.get("clock")["now"])
    found = hosting.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(minutes=1),
        Period=86_400 * 2,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    )["Datapoints"]
    (point,) = found
    return dict(point)


def test_invocations_and_latencies_are_counted_per_variant(hosting: Hosting) -> None:
    hosting.endpoint("counted", hosting.variant(hosting.model("counted-model"), InitialInstanceCount=2))
    hosting.answer("counted", delaySeconds=2)

    for _ in range(3):
        hosting.invoke("counted")

    assert statistics(hosting, "counted", "Invocations")["Sum"] == 3
    assert statistics(hosting, "counted", "InvocationsPerInstance")["Sum"] == 1.5
    latency = statistics(hosting, "counted", "ModelLatency")
    assert (latency["Unit"], latency["SampleCount"]) == ("Microseconds", 3)
    assert 2e6 <= latency["Minimum"] <= latency["Average"] <= latency["Maximum"] < 3e6
    assert 0 < statistics(hosting, "counted", "OverheadLatency")["Average"] < 1e6
    assert statistics(hosting, "counted", "InvocationModelErrors")["Sum"] == 0


def test_metrics_that_were_read_are_complete_when_they_are_read_again(hosting: Hosting) -> None:
    hosting.endpoint("read-twice")
    hosting.answer("read-twice")

    for expected in (1, 2):
        hosting.invoke("read-twice")
        assert statistics(hosting, "read-twice", "Invocations")["Sum"] == expected


@pytest.mark.parametrize(
    ("status", "errors"), [(404, (1, 0, 1)), (503, (0, 1, 1)), (0, (0, 0, 1))], ids=["4xx", "5xx", "time-out"]
)
def test_errors_of_the_model_are_counted(hosting: Hosting, status: int, errors: tuple[int, ...]) -> None:
    name = f"erring-{status}"
    hosting.endpoint(name)
    hosting.answer(name, **({"status": status} if status else {"delaySeconds": 61}))
    with pytest.raises(ClientError):
        hosting.invoke(name)
    hosting.answer(name)
    hosting.invoke(name)

    counted = [
        statistics(hosting, name, metric)
        for metric in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
    ]
    assert tuple(each["Sum"] for each in counted) == errors
    assert {each["SampleCount"] for each in counted} == {2}


def test_a_serverless_variant_has_no_invocations_per_instance(hosting: Hosting) -> None:
    hosting.endpoint("counted-serverless", hosting.serverless_variant(hosting.model("counted-serverless-model")))
    hosting.answer("counted-serverless")

    hosting.invoke("counted-serverless")

    listed = hosting.aws.client("cloudwatch").list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": "counted-serverless"}]
    )["Metrics"]
    names = {metric["MetricName"] for metric in listed}
    assert "Invocations" in names
    assert "InvocationsPerInstance" not in names


def test_a_shadow_variant_gets_copies_by_its_weight_and_its_errors_stay_there(hosting: Hosting) -> None:
    model = hosting.model("mirrored-model")
    shadows = [hosting.variant(model, "Shadow", InitialVariantWeight=0.5)]
    hosting.config("mirrored-1", hosting.variant(model), ShadowProductionVariants=shadows)
    hosting.sagemaker.create_endpoint(EndpointName="mirrored", EndpointConfigName="mirrored-1")
    hosting.wait("mirrored")
    hosting.answer("mirrored", "live", variantName="AllTraffic")
    hosting.answer("mirrored", "broken", variantName="Shadow", status=500)

    answers = {hosting.invoke("mirrored")["Body"] for _ in range(100)}

    assert answers == {"live"}
    hosting.scale("mirrored", 1)  # takes virtual time, which stands still while a copy is answered
    copies = statistics(hosting, "mirrored", "Invocation5XXErrors", "Shadow")["Sum"]
    assert 20 < copies < 80
    assert statistics(hosting, "mirrored", "Invocations")["Sum"] == 100
