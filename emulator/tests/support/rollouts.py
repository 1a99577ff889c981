"""Deployments with guardrails for tests: start them, record their stages, and trip alarms during a stage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local_aws import ACCOUNT_ID, REGION
from support.callers import allow, make_role
from support.hosting import Hosting
from support.machines import Machines, jsonata, pass_on, task
from support.queues import make_queue

Json = dict[str, Any]
DETAIL_TYPE = "SageMaker Endpoint Deployment State Change"


def make_alarm(cloudwatch: Any, name: str) -> str:
    """Create an alarm on any metric; return its name."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name


def count(value: int) -> Json:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def percent(value: int) -> Json:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def blue_green(routing_type: str = "ALL_AT_ONCE", wait: int = 60, alarms: tuple[str, ...] = (), **more: Any) -> Json:
    """A blue/green DeploymentConfig; `CanarySize` and `LinearStepSize` are parts of the traffic routing."""
    sizes = {member: more.pop(member) for member in ("CanarySize", "LinearStepSize") if member in more}
    routing = {"Type": routing_type, "WaitIntervalInSeconds": wait, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}, **_rollback(alarms)}


def rolling(batch: Json, wait: int = 60, alarms: tuple[str, ...] = (), **more: Any) -> Json:
    """A rolling DeploymentConfig."""
    policy = {"MaximumBatchSize": batch, "WaitIntervalInSeconds": wait, **more}
    return {"RollingUpdatePolicy": policy, **_rollback(alarms)}


def _rollback(alarms: tuple[str, ...]) -> Json:
    return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}


@dataclass(frozen=True)
class Seen:
    """A stage of the first variant, by its event: seconds since the start, and the instances of both fleets."""

    seconds: float
    status: str
    message: str
    active: int
    old: int


class Rollouts:
    """Common steps of tests of deployments with guardrails."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting = hosting
        self.aws = hosting.aws
        self.cloudwatch = hosting.aws.client("cloudwatch")

    def endpoint(self, name: str, instances: int = 1, **changes: Any) -> str:
        """Create an endpoint with that many instances, and the config `<name>-2` for its update."""
        for number in (1, 2):
            model = self.hosting.model(f"{name}-model-{number}")
            variant = self.hosting.variant(model, InitialInstanceCount=instances, **changes)
            self.hosting.config(f"{name}-{number}", variant)
        self.hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
        self.hosting.wait(name)
        return name

    def begin(self, name: str, deployment: Json, **more: Any) -> None:
        self.hosting.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=f"{name}-2", DeploymentConfig=deployment, **more
        )

    def follow(self, name: str, deployment: Json, **more: Any) -> list[Seen]:
        """Deploy; return all stages until the endpoint is in service."""
        url = self.listen(name)
        self.begin(name, deployment, **more)
        self.hosting.wait(name)
        return [_seen(event) for event in self.heard(url)]

    def listen(self, name: str) -> str:
        """Create a queue for the deployment events of an endpoint; return its URL."""
        url, queue_arn = make_queue(self.aws, f"{name}-stages", "events.amazonaws.com")
        self._rule(f"{name}-stages", {"EndpointName": [name]}, {"Arn": queue_arn})
        return url

    def heard(self, url: str) -> list[Json]:
        """Details of all events in the queue, in the order of their stages."""
        found: list[Json] = []
        while (
            messages := self.aws.client("sqs")
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            .get("Messages")
        ):
            for message in messages:
                self.aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"])["detail"])
        return sorted(found, key=lambda detail: int(_status(detail)["StartTime"]))

    def alarm(self, name: str) -> str:
        """Create an alarm on any metric."""
        return make_alarm(self.cloudwatch, name)

    def trip(self, name: str) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    def trip_at(self, endpoint_name: str, alarm_name: str, message: str) -> Reaction:
        """Let a state machine trip the alarm in the stage whose message starts with `message`; time stands still."""
        describe = task(
            "aws-sdk:sagemaker:describeEndpoint",
            {"EndpointName": endpoint_name},
            Assign={"seen": "{% $states.result %}"},
            Next="Trip",
        )
        trip = task(
            "aws-sdk:cloudwatch:setAlarmState",
            {"AlarmName": alarm_name, "StateValue": "ALARM", "StateReason": "a test"},
            Next="Tell",
        )
        machines = Machines(self.aws)
        machine = machines.create(jsonata("Look", {"Look": describe, "Trip": trip, "Tell": pass_on("{% $seen %}")}))
        starter = make_role(self.aws, allow("states:StartExecution", machine), trusts="events.amazonaws.com")
        status = {"StatusMessage": [{"prefix": message}]}
        summary = {"ProductionVariants": {"VariantStatus": status}}
        pattern = {"EndpointName": [endpoint_name], "PendingDeploymentSummary": summary}
        self._rule(f"{endpoint_name}-trip", pattern, {"Arn": machine, "RoleArn": starter.role_arn})
        return Reaction(machines, machine)

    def _rule(self, name: str, detail: Json, target: Json) -> None:
        events = self.aws.client("events")
        pattern = {"source": ["aws.sagemaker"], "detail-type": [DETAIL_TYPE], "detail": detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])


@dataclass(frozen=True)
class Reaction:
    """The state machine that trips an alarm."""

    machines: Machines
    machine_arn: str

    def saw(self) -> Json:
        """DescribeEndpoint's answer just before the alarm tripped."""
        (execution,) = self.machines.states.list_executions(stateMachineArn=self.machine_arn)["executions"]
        seen: Json = self.machines.wait(execution["executionArn"]).output
        return seen


def alarm_arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}"


def _status(detail: Json) -> Json:
    (status,) = detail["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"]
    return dict(status)


def _seen(detail: Json) -> Seen:
    summary, status = detail["PendingDeploymentSummary"], _status(detail)
    return Seen(
        seconds=round((status["StartTime"] - summary["StartTime"]) / 1000),
        status=status["Status"],
        message=status["StatusMessage"],
        active=summary["ProductionVariants"][0]["CurrentInstanceCount"],
        old=detail["ProductionVariants"][0]["CurrentInstanceCount"],
    )
