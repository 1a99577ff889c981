"""The rollback of step policies and of the alarms that trigger them."""

from typing import Any

from roll_back.steps import command
from shared.plan import Step
from shared.planning import calls
from tests.support.plans import EXECUTION_ARN, create_endpoint, deployment_plan, step
from tests.unit.fakes import ARN as ARN_OF_SAGEMAKER
from tests.unit.fakes import POLICY_ARN
from tests.unit.roll_back.updates import BEFORE, NEW, OLD, World, around, nothing, of_variant, plan, policy, target

Json = dict[str, Any]
NAME = "slipway/churn/A/scaling-surge"
ARN = f"{POLICY_ARN}:slipway-surge"


def surge(adjustment: int = 1) -> Json:
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": adjustment}]}
    return {
        "PolicyName": "slipway-surge",
        **of_variant("A"),
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": steps,
    }


def alarm(threshold: float = 9) -> Json:
    members = {"MetricName": "m", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    said = "Triggers the scaling policy slipway-surge of variant A of endpoint churn."
    return {"AlarmName": NAME, "AlarmDescription": said, **members, "Threshold": threshold}


ADDED: list[Step] = [
    step("scale", calls.put_policy(surge()), calls.delete_policy(surge())),
    step("scale", calls.put_scaling_alarm(alarm(), surge()), calls.delete_alarm(NAME)),
]


def registered(world: World, *, threshold: float = 9, arn: str = ARN) -> None:
    """Register the step policy with its alarm."""
    world.scale({**BEFORE, "policies": [*BEFORE["policies"], surge()]})
    world.cloudwatch.on_put_metric_alarm(alarm(threshold) | {"AlarmActions": [arn]})


def test_an_added_alarm_is_deleted_before_its_policy() -> None:
    world = World()
    registered(world)

    progress = world.roll_back(around(steps=ADDED))

    assert (progress["done"], world.cloudwatch.alarms) == (True, {})
    assert progress["removed"] == [f"alarm {NAME}", "policy slipway-surge of endpoint/churn/variant/A"]


def test_the_alarm_of_an_endpoint_that_goes_is_deleted() -> None:
    world = World(status="Failed")
    world.sagemaker.tags[f"{ARN_OF_SAGEMAKER}:endpoint/churn"] = EXECUTION_ARN
    registered(world)
    created = deployment_plan(
        "create",
        [create_endpoint("churn", NEW), *ADDED],
        endpointName="churn",
        endpointConfigName=NEW,
        alarmPrefix="slipway/churn/",
        previous=None,
    )

    world.roll_back(created)

    assert (world.cloudwatch.alarms, world.sagemaker.mutations()[0]) == ({}, "DeleteEndpoint")


def test_an_alarm_whose_policy_was_put_again_triggers_the_new_one() -> None:
    """SageMaker deregistered the variant, or a step did: the policy that is put again has another ARN."""
    world = World(config=OLD)
    registered(world, arn="arn:of:the:former:policy")
    world.scale(nothing())
    before = nothing(targets=[target()], policies=[surge()])
    previous = [calls.put_scaling_alarm(alarm(), surge())]

    the_plan = plan(before=before, wanted=nothing())
    assert the_plan["previous"]
    the_plan["previous"]["scaling"] += previous
    progress = world.roll_back(the_plan)

    assert progress["done"] is True
    assert world.cloudwatch.alarms[NAME]["AlarmActions"] == [ARN]
    assert progress["restored"][-1] == f"alarm {NAME}"


def test_a_changed_alarm_gets_its_former_threshold() -> None:
    world = World()
    registered(world, threshold=5)
    changed = step("scale", calls.put_scaling_alarm(alarm(5), surge()), calls.put_scaling_alarm(alarm(), surge()))

    progress = world.roll_back(around(steps=[changed]))

    assert (progress["done"], world.cloudwatch.alarms[NAME]["Threshold"]) == (True, 9)
    assert world.cloudwatch.alarms[NAME]["AlarmActions"] == [ARN]
    assert world.autoscaling.mutations() == []


def test_an_unchanged_alarm_is_not_put_again() -> None:
    world = World()
    registered(world)
    again = step("scale", calls.put_scaling_alarm(alarm(5), surge()), calls.put_scaling_alarm(alarm(), surge()))

    assert (world.roll_back(around(steps=[again]))["done"], world.cloudwatch.mutations()) == (True, [])


def test_no_alarm_is_put_without_its_policy() -> None:
    """Another user deleted the policy in the meantime."""
    world = World()
    deleted = step("scale", calls.delete_alarm(NAME), calls.put_scaling_alarm(alarm(), surge()))

    assert (world.roll_back(around(steps=[deleted]))["done"], world.cloudwatch.mutations()) == (True, [])


def test_a_replaced_policy_is_deleted_and_the_former_one_put_with_its_alarm() -> None:
    """The request gave the name of the step policy to another type of policy."""
    tracking = policy("slipway-surge")
    world = World()
    world.scale({**BEFORE, "policies": [tracking]})
    replaced = [
        step("scale", calls.delete_alarm(NAME), calls.put_scaling_alarm(alarm(), surge())),
        step("scale", calls.delete_policy(surge()), calls.put_policy(surge())),
        step("scale", calls.put_policy(tracking), calls.delete_policy(tracking)),
    ]

    progress = world.roll_back(around(steps=replaced))

    assert progress["done"] is True
    assert world.autoscaling.mutations() == ["DeleteScalingPolicy", "PutScalingPolicy"]
    assert world.autoscaling.policies["slipway-surge"]["PolicyType"] == "StepScaling"
    assert world.cloudwatch.alarms[NAME]["AlarmActions"] == [ARN]


def test_the_command_of_an_alarm_reads_the_arn_of_its_policy() -> None:
    words = command(calls.put_scaling_alarm(alarm(), surge()))

    assert words.startswith("aws cloudwatch put-metric-alarm --alarm-name slipway/churn/A/scaling-surge ")
    assert words.endswith(
        '--alarm-actions "$(aws application-autoscaling describe-scaling-policies --service-namespace sagemaker '
        "--resource-id endpoint/churn/variant/A --scalable-dimension sagemaker:variant:DesiredInstanceCount "
        "--policy-names slipway-surge --query 'ScalingPolicies[0].PolicyARN' --output text)\""
    )
