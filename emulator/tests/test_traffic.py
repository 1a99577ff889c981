"""Traffic is played: the result, the clock, and what real invocations add to it."""

from typing import Any

import pytest

from local_aws import until
from support.hosting import Hosting
from support.machines import Machines, jsonata, task
from support.playing import UNIT, constant, of_variant, play, play_after, sums
from support.scaling import Scaled, tracking

Json = dict[str, Any]

ASSUMED = {
    "scaleInLooksAt": "lastDatapoint",
    "metricDelaySeconds": 90.0,
    "highResolutionDelaySeconds": 20.0,
    "reactionSeconds": 20.0,
}


def test_a_result_has_a_value_for_each_minute(hosting: Hosting) -> None:
    hosting.endpoint("played", hosting.variant(hosting.model("played-model"), InitialInstanceCount=2))
    hosting.register("played", 1, 4)

    result = play(hosting, "played", constant(3), hours=0.05, timeZone="Europe/Berlin", launchSeconds=300)

    (resource,) = result.pop("resources")
    assert resource == {
        "resourceId": "endpoint/played/variant/AllTraffic",
        "kind": "variant",
        "name": "AllTraffic",
        "variantName": "AllTraffic",
        "unit": UNIT,
        "instanceType": "ml.m5.large",
        "instancePools": {},
        "unitsPerInstance": 1,
        "seconds": [0, 60, 120],
        "requestsPerSecond": [3.0] * 3,
        "running": [2] * 3,
        "wanted": [2] * 3,
        "minimum": [1] * 3,
        "maximum": [4] * 3,
        "instances": [2] * 3,
        "loadPerUnit": [90.0] * 3,
        "utilization": [0.075] * 3,
        "concurrency": [0.081] * 3,
        "backlog": [0.0] * 3,
        "failed": [0.0] * 3,
        "targets": [],
    }
    times, alarms = (result.pop("from"), result.pop("to")), result.pop("alarms")
    assert result == {
        "endpointName": "played",
        "timeZone": "Europe/Berlin",
        "stepSeconds": 60,
        "assumptions": ASSUMED,
        "launchSeconds": 300.0,
        "releaseSeconds": None,
        "activities": [],
    }
    assert [change for change in alarms if "played" in change["alarmName"]] == []
    assert [time[-9:] for time in times] in ([":00+01:00"] * 2, [":00+02:00"] * 2)


def test_the_last_result_can_be_read_again(hosting: Hosting) -> None:
    hosting.endpoint("read-again")

    result = play(hosting, "read-again", constant(1), hours=0.05)

    assert hosting.aws.get("traffic") == {**result, "playing": False}


def test_traffic_of_a_missing_endpoint_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ValueError, match="/endpointName: no endpoint missing in account 123456789012, eu-west-1"):
        play(hosting, "missing", constant(1))


def column(result: Json, name: str, resource: int = 0) -> list[Any]:
    return list(result["resources"][resource][name])


def test_metrics_of_a_play_can_be_read(hosting: Hosting) -> None:
    hosting.endpoint("measured", hosting.variant(hosting.model("measured-model"), InitialInstanceCount=2))

    play(hosting, "measured", constant(10), hours=0.05)

    read = {name: sums(hosting, name, of_variant("measured")) for name in ("Invocations", "InvocationsPerInstance")}
    assert read == {"Invocations": [600.0] * 3, "InvocationsPerInstance": [300.0] * 3}
    assert sums(hosting, "ConcurrentRequestsPerModel", of_variant("measured"), "Average") == [0.3333] * 3
    assert sums(hosting, "ModelLatency", of_variant("measured"), "Average") == [66_666.6667] * 3
    assert sums(hosting, "Invocation5XXErrors", of_variant("measured")) == [0] * 3


def test_a_real_time_variant_without_traffic_publishes_zeros(hosting: Hosting) -> None:
    hosting.endpoint("silent")

    play(hosting, "silent", hours=0.05)

    assert sums(hosting, "InvocationsPerInstance", of_variant("silent")) == [0] * 3


def test_traffic_is_divided_by_the_weights_of_the_variants(hosting: Hosting) -> None:
    model = hosting.model("weighted-model")
    variants = [
        hosting.variant(model, "Champion", InitialVariantWeight=3),
        hosting.variant(model, "Challenger", InitialVariantWeight=1),
    ]
    hosting.endpoint("weighted-traffic", *variants)

    unit = {"requestsPerSecond": 2}
    result = play(hosting, "weighted-traffic", constant(8), hours=0.02, variants={"Challenger": {"unit": unit}})

    assert [column(result, "requestsPerSecond", index) for index in (0, 1)] == [[6.0], [2.0]]
    assert [column(result, "utilization", index) for index in (0, 1)] == [[0.3], [1.0]]


def test_an_unknown_variant_is_refused_with_the_known_ones(hosting: Hosting) -> None:
    hosting.endpoint("known-variants")

    with pytest.raises(ValueError, match=r"/variants/Other: the endpoint has no such variant. Use: AllTraffic"):
        play(hosting, "known-variants", constant(1), variants={"Other": {"unit": UNIT}})


def test_an_unknown_inference_component_is_refused(hosting: Hosting) -> None:
    hosting.endpoint("no-components")

    with pytest.raises(ValueError, match="/inferenceComponents/llm: the endpoint has no such inference component"):
        play(hosting, "no-components", constant(1), inferenceComponents={"llm": {"share": 1}})


def asynchronous(hosting: Hosting, name: str) -> str:
    output = {"OutputConfig": {"S3OutputPath": "s3://models-of-hosting/out"}}
    hosting.config(f"{name}-1", hosting.variant(hosting.model(f"{name}-model")), AsyncInferenceConfig=output)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    hosting.wait(name)
    return name


def test_requests_of_an_asynchronous_endpoint_wait_for_instances(hosting: Hosting) -> None:
    asynchronous(hosting, "queueing")

    result = play(hosting, "queueing", constant(30), hours=0.05)

    assert column(result, "backlog") == [601.0, 1201.0, 1801.0]  # one is being processed
    endpoint = {"EndpointName": "queueing"}
    assert sums(hosting, "ApproximateBacklogSize", endpoint, "Average") == [601.0, 1201.0, 1801.0]
    assert sums(hosting, "ApproximateBacklogSizePerInstance", endpoint, "Average") == [601.0, 1201.0, 1801.0]
    assert sums(hosting, "HasBacklogWithoutCapacity", endpoint, "Average") == [0, 0, 0]
    assert sums(hosting, "InvocationsPerInstance", of_variant("queueing")) == []


def test_requests_to_an_endpoint_that_is_gone_fail(hosting: Hosting) -> None:
    hosting.endpoint("leaving")
    machines = Machines(hosting.aws)
    pause = {"Type": "Wait", "Seconds": 300, "Next": "Delete"}
    delete = task("aws-sdk:sagemaker:deleteEndpoint", {"EndpointName": "leaving"})
    machine = machines.create(jsonata("Wait", {"Wait": pause, "Delete": delete}))

    result = play_after(hosting, lambda: machines.start(machine), "leaving", constant(3), hours=0.25)

    columns = [column(result, name) for name in ("running", "instances", "requestsPerSecond", "failed")]
    assert [values[0] for values in columns] == [1, 1, 3.0, 0.0]
    assert [values[-1] for values in columns] == [0, 0, 3.0, 180.0]


def test_requests_that_are_being_processed_are_in_the_backlog(hosting: Hosting) -> None:
    """SageMaker developer guide, async-inference-monitor: "being processed or yet to be processed"."""
    asynchronous(hosting, "keeping-up")

    result = play(hosting, "keeping-up", constant(4), hours=0.05)

    assert column(result, "backlog") == [0.2] * 3


def test_an_asynchronous_endpoint_keeps_an_instance_while_requests_come(hosting: Hosting) -> None:
    asynchronous(hosting, "kept-busy")
    scaled = Scaled(hosting, hosting.register("kept-busy", 0, 4))
    dimensions = [{"Name": "EndpointName", "Value": "kept-busy"}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "ApproximateBacklogSizePerInstance", "Statistic": "Average"}
    scaled.track("backlog", {"TargetValue": 5.0, "CustomizedMetricSpecification": {**metric, "Dimensions": dimensions}})

    result = play(hosting, "kept-busy", constant(0.05), hours=1, unit={"requestsPerSecond": 0.1})

    assert set(column(result, "running")) == {1}


def test_a_backlog_without_instances_has_no_size_per_instance(hosting: Hosting) -> None:
    asynchronous(hosting, "at-zero")
    hosting.scale("at-zero", 0)

    result = play(hosting, "at-zero", constant(1), hours=0.05)

    assert (column(result, "running"), column(result, "utilization")) == ([0] * 3, [None] * 3)
    endpoint = {"EndpointName": "at-zero"}
    assert sums(hosting, "HasBacklogWithoutCapacity", endpoint, "Average") == [1, 1, 1]
    assert sums(hosting, "ApproximateBacklogSizePerInstance", endpoint, "Average") == []


def test_real_asynchronous_requests_are_in_the_backlog(hosting: Hosting) -> None:
    asynchronous(hosting, "really-waiting")
    hosting.scale("really-waiting", 0)
    location = "s3://models-of-hosting/model.tar.gz"
    with hosting.standing_still():
        hosting.runtime.invoke_endpoint_async(EndpointName="really-waiting", InputLocation=location)

    play(hosting, "really-waiting", hours=0.05)

    assert sums(hosting, "HasBacklogWithoutCapacity", {"EndpointName": "really-waiting"}, "Average") == [1, 1, 1]
    hosting.sagemaker.delete_endpoint(EndpointName="really-waiting")


def test_provisioned_concurrency_has_a_utilization(hosting: Hosting) -> None:
    model = hosting.model("provisioned-traffic-model")
    hosting.endpoint("provisioned-traffic", hosting.serverless_variant(model, ProvisionedConcurrency=4))

    result = play(hosting, "provisioned-traffic", constant(60), hours=0.05)

    (resource,) = result["resources"]
    assert (resource["kind"], resource["running"], resource["utilization"]) == ("concurrency", [4] * 3, [0.75] * 3)
    dimensions = of_variant("provisioned-traffic")
    assert sums(hosting, "ServerlessProvisionedConcurrencyUtilization", dimensions, "Average") == [0.75] * 3
    assert sums(hosting, "InvocationsPerInstance", dimensions) == []


def test_requests_above_the_maximum_concurrency_fail(hosting: Hosting) -> None:
    hosting.endpoint("throttled", hosting.serverless_variant(hosting.model("throttled-model"), MaxConcurrency=2))

    result = play(hosting, "throttled", constant(50), hours=0.02)

    assert column(result, "failed") == [600.0]


def scale(hosting: Hosting, name: str, count: int) -> None:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
    )


def test_a_change_of_size_takes_the_seconds_of_the_description(hosting: Hosting) -> None:
    hosting.endpoint("resized", hosting.variant(hosting.model("resized-model"), InitialInstanceCount=2))
    machines = Machines(hosting.aws)
    wanted = [{"VariantName": "AllTraffic", "DesiredInstanceCount": "{% $states.input %}"}]
    resource = "aws-sdk:sagemaker:updateEndpointWeightsAndCapacities"
    arguments = {"EndpointName": "resized", "DesiredWeightsAndCapacities": wanted}
    pause: Json = {"Type": "Wait", "Seconds": 150, "Next": "Scale"}
    machine = machines.create(jsonata("Wait", {"Wait": pause, "Scale": task(resource, arguments)}))
    seconds = {"launchSeconds": 300, "releaseSeconds": 180}

    changes = {}
    for count in (4, 1):
        result = play_after(
            hosting, lambda count=count: machines.start(machine, count), "resized", constant(1), hours=0.25, **seconds
        )
        running, wanted_counts = column(result, "running"), column(result, "wanted")
        changes[count] = running.index(count) - wanted_counts.index(count)

    assert changes == {4: 5, 1: 3}


def test_traffic_plays_in_real_time_until_it_is_stopped(hosting: Hosting) -> None:
    hosting.endpoint("in-real-time")
    with hosting.standing_still():
        started = play(hosting, "in-real-time", hours=24)
        with pytest.raises(ValueError, match="traffic of in-real-time is playing; wait for its end, or stop it"):
            play(hosting, "in-real-time")
        playing = hosting.aws.get("traffic")["playing"]
        hosting.aws.delete("traffic")
        until(lambda: not hosting.aws.get("traffic")["playing"])

    assert (started["resources"], playing) == ([], True)


def test_an_update_in_progress_goes_on_while_traffic_plays(hosting: Hosting) -> None:
    hosting.endpoint("updated-in-traffic")
    hosting.config(
        "updated-in-traffic-2", hosting.variant(hosting.model("updated-in-traffic-2"), InitialInstanceCount=3)
    )

    def begin() -> None:
        hosting.sagemaker.update_endpoint(EndpointName="updated-in-traffic", EndpointConfigName="updated-in-traffic-2")

    result = play_after(hosting, begin, "updated-in-traffic", constant(1), hours=0.25)

    running = column(result, "running")
    assert (running[0], running[-1]) == (1, 3)
    assert hosting.status("updated-in-traffic") == "InService"


def test_real_invocations_are_requests_of_their_minute(hosting: Hosting) -> None:
    hosting.endpoint("stressed", hosting.variant(hosting.model("stressed-model"), InitialInstanceCount=2))
    hosting.answer("stressed", delaySeconds=1)
    machines = Machines(hosting.aws)
    arguments = {"EndpointName": "stressed", "Body": "1,2"}
    states: Json = {"Wait": {"Type": "Wait", "Seconds": 200, "Next": "Invoke 1"}}
    for number in (1, 2, 3):
        following = {"Next": f"Invoke {number + 1}"} if number < 3 else {}
        states[f"Invoke {number}"] = task("aws-sdk:sagemakerruntime:invokeEndpoint", arguments, **following)
    machine = machines.create(jsonata("Wait", states))

    result = play_after(hosting, lambda: machines.start(machine), "stressed", hours=0.1)

    requests = [round(rate * 60) for rate in column(result, "requestsPerSecond")]
    assert (sum(requests), max(requests)) in {(3, 3), (3, 2)}
    assert sum(sums(hosting, "Invocations", of_variant("stressed"))) == 3
    assert sum(sums(hosting, "InvocationsPerInstance", of_variant("stressed"))) == 1.5


def test_a_stress_test_by_real_invocations_adds_instances(hosting: Hosting) -> None:
    hosting.endpoint("stress-tested", hosting.variant(hosting.model("stress-model"), InitialInstanceCount=1))
    hosting.answer("stress-tested")
    Scaled(hosting, hosting.register("stress-tested", 1, 4)).track("invocations", tracking(1))
    machines = Machines(hosting.aws)
    arguments = {"EndpointName": "stress-tested", "Body": "1,2"}
    each = {
        "Invoke": task("aws-sdk:sagemakerruntime:invokeEndpoint", arguments, Next="Wait"),
        "Wait": {"Type": "Wait", "Seconds": 20, "End": True},
    }
    one_after_the_other = {
        "Type": "Map",
        "Items": list(range(45)),
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Invoke", "States": each},
        "End": True,
    }
    machine = machines.create(jsonata("Map", {"Map": one_after_the_other}))

    result = play_after(hosting, lambda: machines.start(machine), "stress-tested")

    running = column(result, "running")
    assert running[0] == 1
    assert running[-1] in (3, 4)  # three requests a minute, sometimes four
