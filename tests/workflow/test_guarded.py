"""Updates under guardrails: shifted in stages, rolled back when an alarm goes off."""

import json
from typing import Any

from local_aws import until
from tests.support.alarms import make_alarm
from tests.support.deployment import Run, Slipway
from tools import stack


def newer(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The request with another model on four instances."""
    (variant,) = request["productionVariants"]
    variant = {**variant, "ModelName": f"{request['endpointName']}-2", "InitialInstanceCount": 4}
    return {**request, "productionVariants": [variant], **changes}


def on_four(slipway: Slipway, request: dict[str, Any]) -> Run:
    (variant,) = request["productionVariants"]
    return slipway.deploy({**request, "productionVariants": [{**variant, "InitialInstanceCount": 4}]})


def stages(run: Run) -> list[str]:
    """Stages that the checks reported, without repetitions, in order."""
    submitted = [event["taskSubmittedEventDetails"] for event in run.events if event["type"] == "TaskSubmitted"]
    reported = [json.loads(details["output"])["Payload"]["stage"] for details in submitted]
    return [stage for stage in dict.fromkeys(reported) if stage]


def test_the_checks_report_the_stages_of_a_canary_update(slipway: Slipway, request_for: Any) -> None:
    request = request_for("canary")
    on_four(slipway, request)
    canary = {"strategy": "canary", "percent": 25, "bakeMinutes": 5}
    slipway.outcome("canary", "update", "succeeds", afterSeconds=180)  # then a check falls into each stage

    run = slipway.deploy(newer(request, deploymentConfig=canary))

    assert run.status == "SUCCEEDED", run.cause
    assert stages(run) == ["creating", "shifting", "baking", "terminating"]
    assert run.seconds_between("Update endpoint", "Register scaling") > 300


def test_an_update_is_rolled_back_when_an_alarm_goes_off(slipway: Slipway, request_for: Any) -> None:
    request = request_for("watched-by-hand")
    before = on_four(slipway, request)
    cloudwatch = slipway.aws.client("cloudwatch")
    make_alarm(cloudwatch, "watched-by-hand")
    canary = {"strategy": "canary", "percent": 25, "bakeMinutes": 10}
    wanted = newer(request, deploymentConfig=canary, alarms=["watched-by-hand"])
    stack.make_models(slipway.aws, wanted)

    with slipway.recorded() as finish:
        with slipway.real_time():
            arn = slipway.start(wanted)
            until(lambda: slipway.entered(arn, "Check endpoint"))
            cloudwatch.set_alarm_state(
                AlarmName="watched-by-hand", StateValue="ALARM", StateReason="2 of 2 requests failed"
            )
        run = finish(arn)

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    assert "watched-by-hand" in run.cause
    endpoint = slipway.endpoint("watched-by-hand")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]
    assert slipway.configs("watched-by-hand") == [before.output["endpointConfigName"]]
    assert run.message["attributes"]["outcome"] == "UpdateRolledBack"
