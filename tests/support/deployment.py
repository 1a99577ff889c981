"""One execution of a state machine on the emulator and its effects."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local_aws import REGION, LocalAws, until
from recover_execution import recovery
from shared.failures import Caught
from tests.support import project
from tools import stack

# Longer than the wait before the first check, shorter than all later waits: tests do not have to cover more checks.
PROVISION_SECONDS = 140
# Log group of the stack's functions.
LOG_GROUP = "/aws/lambda/slipway"
# Account of a central model registry.
OWNER = "999988887777"
MUTATING = ("Create", "Update", "Delete", "Register", "Deregister", "Put", "Publish", "AddTags")


@dataclass(frozen=True)
class Run:
    """An ended execution."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str
    events: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    calls: list[dict[str, Any]] = field(repr=False)
    derived: list[dict[str, Any]] = field(repr=False)

    @property
    def machine(self) -> str:
        """File name of the state machine."""
        (name,) = (each for each in project.MACHINES if f"-{project.machine_id(each)}-" in self.arn)
        return name

    @cached_property
    def visited(self) -> list[str]:
        """Names of the states entered, in order, each visit."""
        return [
            event["stateEnteredEventDetails"]["name"] for event in self.events if "stateEnteredEventDetails" in event
        ]

    @cached_property
    def path(self) -> list[str]:
        """Names of the states entered, without repetitions, in the order of their first visit."""
        return list(dict.fromkeys(self.visited))

    @property
    def transitions(self) -> int:
        """State transitions as AWS bills them: one per state entered and per retry."""
        retries = sum(event["type"] == "TaskScheduled" for event in self.events) - sum(
            event["type"] == "TaskStateEntered" for event in self.events
        )
        return len(self.visited) + max(retries, 0)

    def mutations(self, service: str) -> list[str]:
        """Successful mutating operations of `service`, in order."""
        return [
            call["operation"]
            for call in self.calls
            if call["service"] == service and call["operation"].startswith(MUTATING) and not call.get("error")
        ]

    @property
    def message(self) -> dict[str, Any]:
        """The execution's only notification."""
        (only,) = self.messages
        return only

    def seconds_between(self, first: str, last: str) -> float:
        """Seconds on the virtual clock from the first visit of `first` to the last visit of `last`."""
        times = [
            (event["stateEnteredEventDetails"]["name"], event["timestamp"])
            for event in self.events
            if "stateEnteredEventDetails" in event
        ]
        start = next(at for name, at in times if name == first)
        end = next(at for name, at in reversed(times) if name == last)
        return float((end - start).total_seconds())


class Slipway:
    """The deployed application."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str]) -> None:
        self.aws = aws
        self.outputs = outputs
        self.calls_of_its_deployment: list[dict[str, Any]] = aws.get("calls")

    @property
    def machine_arn(self) -> str:
        return self.outputs["DeployEndpointStateMachineArn"]

    @property
    def removing_machine_arn(self) -> str:
        return self.outputs["RemoveEndpointStateMachineArn"]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The stack's parameters."""
        (stack,) = self.aws.client("cloudformation").describe_stacks(StackName="slipway")["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    @property
    def recovers(self) -> bool:
        """Whether the stack rolls back stopped executions."""
        return self.parameters["AbortRollsBack"] == "true"

    def physical_id(self, logical_id: str) -> str:
        """Physical ID of a template resource."""
        found = self.aws.client("cloudformation").describe_stack_resource(
            StackName="slipway", LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def lock(self, endpoint_name: str, execution_arn: str) -> None:
        """Store the execution as holder of the endpoint's lock."""
        item = {"lockId": f"endpoint/{endpoint_name}", "heldBy": execution_arn, "heldSince": "2026-11-21T05:12:59.152Z"}
        self.aws.client("dynamodb").put_item(
            TableName=self.physical_id("LocksTable"),
            Item={key: {"S": value} for key, value in item.items()} | {"turn": {"N": "7"}},
        )

    def deploy(self, request: Any, *, with_models: bool = True, **options: str) -> Run:
        """Create the request's models, start a deployment and wait for its end; options are those of StartExecution."""
        if with_models:
            stack.make_models(self.aws, request)
        with self.recorded() as finish:
            arn = self.start(request, **options)
            return finish(arn)

    def start(self, request: Any, **options: str) -> str:
        """Start a deployment and return its ARN."""
        return self._start(self.machine_arn, request, **options)

    def remove(self, request: Any) -> Run:
        """Start a removal and wait for its end."""
        with self.recorded() as finish:
            run: Run = finish(self.start_removal(request))
        return run

    def start_removal(self, request: Any) -> str:
        """Start a removal and return its ARN."""
        return self._start(self.removing_machine_arn, request)

    def _start(self, machine_arn: str, request: Any, **options: str) -> str:
        states, text = self.aws.client("stepfunctions"), json.dumps(request)
        return str(states.start_execution(stateMachineArn=machine_arn, input=text, **options)["executionArn"])

    @contextmanager
    def recorded(self) -> Iterator[Any]:
        """Yield a function that waits for an execution and returns a `Run` of what it did since the block began."""
        self.aws.delete("calls")
        already = len(self.aws.get("sns/messages"))
        yield lambda arn: self._finish(arn, already)

    def _finish(self, arn: str, already: int) -> Run:
        states = self.aws.client("stepfunctions")
        described = self.wait(arn)
        calls = self.aws.get("calls")
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return Run(
            arn=arn,
            status=described["status"],
            output=json.loads(described.get("output") or "null"),
            error=described.get("error"),
            cause=described.get("cause", ""),
            events=[event for page in pages for event in page["events"]],
            messages=self.messages_of(arn, already),
            # permissions that AWS derives from a call have their own log entries
            calls=[call for call in calls if not call["derived"]],
            derived=[call for call in calls if call["derived"]],
        )

    def messages_of(self, arn: str, already: int = 0) -> list[dict[str, Any]]:
        """Notifications about the execution, without the first `already` of all notifications."""
        return [
            message
            for message in self.aws.get("sns/messages")[already:]
            if json.loads(message["message"].splitlines()[-1])["executionArn"] == arn
        ]

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """Let virtual time pass no faster than real time, so that waits do not end within the block."""
        self.aws.post("clock", {"mode": "real"})
        try:
            yield
        finally:
            self.aws.post("clock", {"mode": "virtual"})

    def has_ended(self, arn: str) -> bool:
        """Whether the execution has ended."""
        described = self.aws.client("stepfunctions").describe_execution(executionArn=arn)
        return bool(described["status"] != "RUNNING")

    def wait_for_rule(self, arn: str) -> None:
        """Wait until "Recover execution" has handled the end of the execution."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        log = {"logGroupName": LOG_GROUP, "filterPattern": f'"{arn}"'}
        # A line that only contains the ARN is not enough: the recovery of a stopped execution logs it too.
        about_it = ('"message":"recovered"', f'"correlation_id":"{arn}"')
        until(
            lambda: any(
                all(part in event["message"] for part in about_it)
                for page in pages.paginate(**log)
                for event in page["events"]
            )
        )

    def execution_named(self, name: str) -> str:
        """ARN of the deployment execution with this name, existing or not."""
        return f"{self.machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    def execution_arn(self, arn: str) -> str:
        """ARN of the deployment execution with the same name as an execution of another state machine."""
        return self.execution_named(arn.rsplit(":", 1)[1])

    def recovery_of(self, arn: str) -> str:
        """ARN of the recovery of the execution; both have the same name."""
        machine_arn = self.outputs["TakeBackDeploymentStateMachineArn"]
        return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{arn.rsplit(':', 1)[1]}"

    def recover(self, arn: str) -> str:
        """Start the recovery of the execution as "Recover execution" does; return the ARN of the recovery."""
        states = self.aws.client("stepfunctions")
        ended = states.describe_execution(executionArn=arn)
        unfinished = recovery.unfinished_plan(states, arn)
        plan = unfinished and recovery.readable(unfinished)
        assert plan is not None
        failure: Caught = {"Error": "ExecutionStopped", "Cause": "The execution was stopped."}
        return recovery.start(states, self.outputs["TakeBackDeploymentStateMachineArn"], ended, plan, failure)

    def exists(self, arn: str) -> bool:
        """Whether Step Functions knows the execution."""
        states = self.aws.client("stepfunctions")
        try:
            states.describe_execution(executionArn=arn)
        except states.exceptions.ExecutionDoesNotExist:
            return False
        return True

    def recover_again(self, arn: str) -> dict[str, Any]:
        """Send the end of the execution to "Recover execution" again, as EventBridge may, and return the response."""
        described = self.wait(arn)
        detail = {name: described[name] for name in ("executionArn", "status", "input", "redriveCount")}
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.physical_id("RecoverExecutionFunction"),
            Payload=json.dumps({"detail": detail, "time": "2026-11-21T05:20:00Z"}),
        )
        recovered: dict[str, Any] = json.load(answer["Payload"])
        return recovered

    def entered(self, arn: str, state: str) -> bool:
        """Whether the execution has entered the state."""
        pages = self.aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
        return any(
            event.get("stateEnteredEventDetails", {}).get("name") == state for page in pages for event in page["events"]
        )

    def wait(self, arn: str) -> dict[str, Any]:
        """Wait for the end of the execution and return its description."""
        until(lambda: self.has_ended(arn))
        described: dict[str, Any] = self.aws.client("stepfunctions").describe_execution(executionArn=arn)
        return described

    def endpoint(self, name: str) -> dict[str, Any] | None:
        """Return DescribeEndpoint's response, or None if the endpoint does not exist."""
        sagemaker = self.aws.client("sagemaker")
        try:
            described: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        except sagemaker.exceptions.ClientError as error:
            if "Could not find endpoint" not in str(error):
                raise
            return None
        return described

    def counts(self, endpoint_name: str) -> dict[str, int]:
        """Current instance count of each variant."""
        described = self.aws.client("sagemaker").describe_endpoint(EndpointName=endpoint_name)
        return {variant["VariantName"]: variant["CurrentInstanceCount"] for variant in described["ProductionVariants"]}

    def set_count(self, endpoint_name: str, count: int, variant: str = "AllTraffic") -> None:
        """Set the instance count of a variant, as scaling would."""
        sagemaker = self.aws.client("sagemaker")
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint_name,
            DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}],
        )
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=endpoint_name, WaiterConfig={"Delay": 0, "MaxAttempts": 2000}
        )

    def set_weights(self, endpoint_name: str, **weights: float) -> None:
        """Set the weights of the variants, as another user or tool would."""
        sagemaker = self.aws.client("sagemaker")
        changes = [{"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()]
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint_name, DesiredWeightsAndCapacities=changes
        )
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=endpoint_name, WaiterConfig={"Delay": 0, "MaxAttempts": 2000}
        )

    def configs(self, endpoint_name: str) -> list[str]:
        """Names of the endpoint's configs."""
        listed = self.aws.client("sagemaker").list_endpoint_configs(NameContains=endpoint_name, MaxResults=100)
        names = [str(config["EndpointConfigName"]) for config in listed["EndpointConfigs"]]
        return [name for name in names if re.fullmatch(f"{endpoint_name}-[0-9a-f]{{12}}", name)]

    def scaling(self, endpoint_name: str) -> dict[str, tuple[int, int, list[dict[str, Any]]]]:
        """Minimum, maximum and policy configurations of each scaled variant."""
        autoscaling = self.aws.client("application-autoscaling")
        of_sagemaker = {"ServiceNamespace": "sagemaker"}
        pages = autoscaling.get_paginator("describe_scalable_targets").paginate(**of_sagemaker)
        targets = [target for page in pages for target in page["ScalableTargets"]]
        pages = autoscaling.get_paginator("describe_scaling_policies").paginate(**of_sagemaker)
        policies = [policy for page in pages for policy in page["ScalingPolicies"]]
        return {
            target["ResourceId"].rsplit("/", 1)[-1]: (
                target["MinCapacity"],
                target["MaxCapacity"],
                [
                    policy[f"{policy['PolicyType']}PolicyConfiguration"]
                    for policy in policies
                    if policy["ResourceId"] == target["ResourceId"]
                ],
            )
            for target in targets
            if target["ResourceId"].startswith(f"endpoint/{endpoint_name}/")
        }

    def outcome(self, endpoint_name: str, operation: str, outcome: str, **details: Any) -> None:
        """Set the outcome of SageMaker's next operation on the endpoint."""
        body = {"endpointName": endpoint_name, "operation": operation, "outcome": outcome, **details}
        self.aws.post("sagemaker/outcomes", [body])

    def clear_faults(self) -> None:
        """Remove unused faults and outcomes."""
        self.aws.delete("faults")
        self.aws.delete("sagemaker/outcomes")

    def fault(self, service: str, operation: str, code: str, message: str, **details: Any) -> None:
        """Inject an error into `operation`; `times` and `match` as in the control API."""
        status = details.pop("status", 400)
        error = {"code": code, "message": message, "status": status}
        self.aws.post("faults", [{"service": service, "operation": operation, "error": error, **details}])


@contextmanager
def deployment(region: str = REGION, time: str | None = None, **parameters: str) -> Iterator[Slipway]:
    """Deploy the real template with the real `sam deploy` to a new local AWS, whose clock starts at the time."""
    with LocalAws(region=region, time=time) as aws:
        stack.make_model_role(aws)
        key = aws.client("kms").create_key(Description="Volumes of endpoints")["KeyMetadata"]
        aws.post("sagemaker/durations", {"instance": PROVISION_SECONDS})
        yield Slipway(aws, stack.deploy(aws, VolumeKeyArns=key["Arn"], **parameters))
