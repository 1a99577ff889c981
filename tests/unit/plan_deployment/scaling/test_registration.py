"""Any valid scaling ends registered exactly as asked, and a rollback registers what was there before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan_deployment.request.rules import faults
from plan_deployment.scaling.requested import ResourceScaling, requested_scaling
from register_scaling.logic import register
from roll_back.logic import roll_back
from shared.errors import InvalidRequest
from shared.execute import Clients, execute
from shared.plan import PREPARE, DeploymentPlan, steps_of
from shared.planning.scaling_snapshot import take
from shared.registered import is_registered
from tests.support import steps
from tests.unit.fakes import POLICY_ARN, FakeAutoScaling, client_error
from tests.unit.plan_deployment.request.reading import read
from tests.unit.plan_deployment.scaling.test_requested import presets
from tests.unit.plan_deployment.world import MODEL, World

Json = dict[str, Any]
NOW = "2026-12-02T12:00:00.000Z"
PREFIX = "slipway/e/"
TRACKING = "TargetTrackingScalingPolicyConfiguration"
METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class AutoScaling(FakeAutoScaling):
    """Refuses two policies on one metric, and gives a policy that is put again another ARN."""

    def __init__(self) -> None:
        super().__init__()
        self.created = 0

    def on_put_scaling_policy(self, parameters: Json) -> Any:
        name, metric = parameters["PolicyName"], _metric(parameters)
        for other in self.policies.values():
            if metric and other["PolicyName"] != name and _metric(other) == metric:
                text = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
                raise client_error("ValidationException", text, "PutScalingPolicy")
        self.created += name not in self.policies
        arn = self.policies.get(name, {}).get("PolicyARN", f"{POLICY_ARN}:{self.created}:{name}")
        self.policies[name] = parameters | {"PolicyARN": arn}
        return {"PolicyARN": arn}


class Account(World):
    """An account whose plans are executed; the endpoint is in service at once."""

    def __init__(self) -> None:
        super().__init__()
        self.autoscaling = AutoScaling()

    @property
    def clients(self) -> Clients:
        return {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
        }

    def deploy(self, request: Json) -> DeploymentPlan:
        made: DeploymentPlan = self.plan(request, NOW)
        name = made["endpointConfigName"]
        execute(steps_of(made, PREPARE), self.clients)
        if "CreateEndpointConfig" in steps.operations(made):
            self.sagemaker.configs[name] = steps.config(made)
        self.put_in_service(name)
        register(made, NOW, self.clients)
        return made

    def put_in_service(self, config_name: str) -> None:
        config = self.sagemaker.configs[config_name]
        variants = [
            {"VariantName": variant["VariantName"], "CurrentWeight": 1.0}
            | ({"CurrentServerlessConfig": {}} if "ServerlessConfig" in variant else {"CurrentInstanceCount": 1})
            for variant in config["ProductionVariants"]
        ]
        self.sagemaker.add_endpoint("e", config=config_name, ProductionVariants=variants)

    def roll_back(self, made: DeploymentPlan) -> None:
        progress = None
        for _ in range(5):
            progress = roll_back(made, NOW, NOW, progress, self.clients)
            if progress["done"]:
                return
            assert made["previous"] is not None
            self.put_in_service(made["previous"]["endpointConfigName"])
        raise AssertionError(progress)

    def registered(self) -> Json:
        """Everything registered on the variant, with the names of policies instead of their ARNs."""
        found = take(self.autoscaling, "e", ["AllTraffic"])
        names = {arn: policy["PolicyName"] for arn, policy in found.policy_arns.items()}
        alarms = {
            name: alarm | {"AlarmActions": [names.get(arn, arn) for arn in alarm["AlarmActions"]]}
            for name, alarm in self.cloudwatch.alarms.items()
        }
        return {
            "targets": found.targets,
            "policies": {policy["PolicyName"]: policy for policy in found.policies},
            "actions": {action["ScheduledActionName"]: action for action in found.scheduled_actions},
            "alarms": alarms,
        }


def _metric(policy: Json) -> Json:
    return {name: policy[TRACKING][name] for name in METRICS if name in policy.get(TRACKING, {})}


def asked(request: Json, account: Account) -> list[ResourceScaling]:
    found = read(request)
    policies = list(account.autoscaling.policies.values())
    return requested_scaling("e", found.config, found.scaling, policies, PREFIX, now=NOW)


def add_external_scaling(account: Account) -> None:
    """Another user's policy and schedule on the registered target."""
    (target,) = account.autoscaling.targets.values()
    identity = {name: target[name] for name in KEYS}
    metric = {"MetricName": "Theirs", "Namespace": "Theirs", "Statistic": "Average"}
    configuration = {"TargetValue": 1.0, "CustomizedMetricSpecification": metric}
    account.autoscaling.put_scaling_policy(
        **identity,
        PolicyName="theirs",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )
    bounds = {"MinCapacity": 1, "MaxCapacity": 2}
    account.autoscaling.put_scheduled_action(
        **identity, ScheduledActionName="theirs", Schedule="rate(1 day)", ScalableTargetAction=bounds
    )


def assert_registered(account: Account, wanted: ResourceScaling, *, has_external: bool) -> None:
    found = account.registered()
    (target,) = found["targets"]
    external = {"theirs"} if has_external else set()
    assert is_registered(wanted.target, [target])
    assert found["policies"].keys() == {policy["PolicyName"] for policy in wanted.policies} | external
    assert all(is_registered(policy, [found["policies"][policy["PolicyName"]]]) for policy in wanted.policies)
    assert found["actions"].keys() == {each["ScheduledActionName"] for each in wanted.scheduled_actions} | external
    assert all(
        is_registered(each, [found["actions"][each["ScheduledActionName"]]]) for each in wanted.scheduled_actions
    )
    triggered = {name: alarm["AlarmActions"] for name, alarm in found["alarms"].items()}
    assert triggered == {alarm.body["AlarmName"]: [alarm.policy_name] for alarm in wanted.alarms}


@st.composite
def valid(draw: st.DrawFn) -> Json:
    """Valid requests that scale."""
    request: Json = draw(presets().filter(lambda each: not faults(each, is_profile=False, now=NOW)))
    (variant,) = request["productionVariants"]
    return request | {"productionVariants": [variant | {"ModelName": MODEL}]}


def with_type(request: Json, instance_type: str) -> Json:
    (variant,) = request["productionVariants"]
    changed = variant if "ServerlessConfig" in variant else variant | {"InstanceType": instance_type}
    return request | {"productionVariants": [changed]}


@given(first=valid(), second=valid(), has_external=st.booleans(), is_retyped=st.booleans())
def test_scaling_is_registered_as_asked_from_any_other_and_rolled_back_to_it(
    first: Json, second: Json, has_external: bool, is_retyped: bool
) -> None:
    kept = ("productionVariants", "asyncInferenceConfig")
    second = second | {"productionVariants": first["productionVariants"]}
    second = {name: value for name, value in second.items() if name not in kept} | {
        name: first[name] for name in kept if name in first
    }
    second = with_type(second, "ml.m5.xlarge") if is_retyped else second
    if faults(second, is_profile=False, now=NOW):
        return
    account = Account()

    account.deploy(first)
    (wanted,) = asked(first, account)
    assert_registered(account, wanted, has_external=False)

    if has_external:
        add_external_scaling(account)
    before = account.registered()
    (wanted,) = asked(second, account)
    made = account.deploy(second)
    assert_registered(account, wanted, has_external=has_external)
    assert made["previous"] is None or made["action"] == "update"

    again = account.plan(second, NOW)
    assert [step["operation"] for step in again["steps"] if step["phase"] in ("prepare", "scale")] == []

    account.roll_back(made)
    assert account.registered() == before


@given(presets().filter(lambda each: bool(faults(each, is_profile=False, now=NOW))))
def test_invalid_scaling_changes_nothing(request: Json) -> None:
    account = Account()

    with pytest.raises(InvalidRequest, match=r"^The request has \d+ faults?:"):
        account.plan(request, NOW)

    assert account.autoscaling.mutations() + account.sagemaker.mutations() + account.cloudwatch.mutations() == []
