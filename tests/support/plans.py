"""Valid plans and steps for unit tests; a test states only the fields it is about."""

from collections.abc import Iterable
from typing import Any, cast

from shared.plan import AnyPlan, Call, DeploymentPlan, Phase, RemovalPlan, Step
from shared.planning import calls

EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:slipway-deploy:one"
STARTED_AT = "2026-11-21T05:12:59.152Z"
ENDPOINT, CONFIG, PREVIOUS_CONFIG = "test-endpoint", "test-endpoint-0123456789ab", "test-endpoint-ba9876543210"
TAGS = [{"Key": "slipway:execution", "Value": EXECUTION_ARN}]
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
    "InitialVariantWeight": 1.0,
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = TARGET | {
    "PolicyName": f"{ENDPOINT}-AllTraffic-target-tracking",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 5000.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}
SCALED_BEFORE = ("resourceId", "scalableDimension", "minCapacity", "maxCapacity")
RETAINED = {
    "RetainAllVariantProperties": True,
    "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
}


def step(phase: Phase, call: Call, *undo: Call, **members: Any) -> Step:
    """A step that makes the call, executed in the state of its phase."""
    return calls.step(phase, call, undo, **members)


def create_model(name: str = "m", **members: Any) -> Step:
    request = {"ModelName": name, "ExecutionRoleArn": "arn:aws:iam::123456789012:role/models", "Tags": TAGS} | members
    return step("create", calls.create_model(request), calls.delete_model(name))


def create_config(name: str = CONFIG, **members: Any) -> Step:
    request = {"EndpointConfigName": name, "ProductionVariants": [VARIANT], "Tags": TAGS} | members
    return step("create", calls.create_config(request), calls.delete_config(name))


def create_endpoint(name: str = ENDPOINT, config: str = CONFIG) -> Step:
    request = {"EndpointName": name, "EndpointConfigName": config, "Tags": TAGS}
    return step("change", calls.create_endpoint(request), calls.delete_endpoint(name))


def update_endpoint(
    name: str = ENDPOINT, config: str = CONFIG, previous: str = PREVIOUS_CONFIG, weights: dict[str, float] | None = None
) -> Step:
    """An update step; its undo restores the previous config, then the weights."""
    there, back = ({"EndpointName": name, "EndpointConfigName": each} | RETAINED for each in (config, previous))
    undo = (calls.update_endpoint(back), calls.set_weights(name, weights or {"AllTraffic": 1.0}))
    return step("change", calls.update_endpoint(there, f"endpoint {name} from config {previous} to {config}"), *undo)


def shift_traffic(after: dict[str, float], before: dict[str, float], name: str = ENDPOINT) -> Step:
    return step("change", calls.set_weights(name, after, before), calls.set_weights(name, before))


def register_target(before: dict[str, Any] | None = None, phase: Phase = "scale", **changes: Any) -> Step:
    """A registration step; `before` is the previous target, None if there was none."""
    request = TARGET | {"MinCapacity": 1, "MaxCapacity": 4} | changes
    undo = calls.register_target(before) if before else calls.deregister_target(request)
    return step(phase, calls.register_target(request), undo)


def put_policy(before: dict[str, Any] | None = None, **changes: Any) -> Step:
    request = POLICY | changes
    return step(
        "scale", calls.put_policy(request), calls.put_policy(before) if before else calls.delete_policy(request)
    )


def put_alarm(request: dict[str, Any], before: dict[str, Any] | None = None) -> Step:
    undo = calls.put_alarm(before) if before else calls.delete_alarm(request["AlarmName"])
    return step("prepare", calls.put_alarm(request), undo)


def create_component(name: str = "llm", copies: int = 1, base: str | None = None, model: str = "m") -> Step:
    """A creation step of a component; of an adapter if it has a base."""
    members: dict[str, Any] = {"InferenceComponentName": name, "EndpointName": ENDPOINT, "Tags": TAGS}
    if base:
        adapter = {"BaseInferenceComponentName": base, "Container": {"ArtifactUrl": "s3://adapters/a.tar.gz"}}
        request = members | {"Specification": adapter}
    else:
        runtime = {"CopyCount": copies}
        request = members | {"VariantName": "AllTraffic", "Specification": copy_of(model), "RuntimeConfig": runtime}
    return step("components", calls.create_component(request), calls.delete_component(name))


def update_component(name: str = "llm", model: str = "m", before: str = "old", **members: Any) -> Step:
    """An update step of a component from one model to another."""
    there, back = ({"InferenceComponentName": name, "Specification": copy_of(each)} for each in (model, before))
    return step("components", calls.update_component(there | members), calls.update_component(back))


def set_copies(name: str = "llm", count: int = 2, before: int = 1) -> Step:
    return step("components", calls.set_copies(name, count, before), calls.set_copies(name, before))


def delete_component(name: str = "llm") -> Step:
    request = create_component(name, model="old")["request"]
    return step("components", calls.delete_component(name), calls.create_component(request))


def copy_of(model: str) -> dict[str, Any]:
    """Specification of a component with copies of the model."""
    return {"ModelName": model, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}


def deployment_plan(action: str = "update", steps: Iterable[Step] | None = None, **changes: Any) -> DeploymentPlan:
    """Plan that updates `ENDPOINT` from `PREVIOUS_CONFIG` to `CONFIG`, or performs another `action`."""
    given = {"create": [create_config(), create_endpoint()], "update": [create_config(), update_endpoint()]}
    previous = {"endpointConfigName": PREVIOUS_CONFIG, "weights": {"AllTraffic": 1.0}, "scaling": []}
    plan = _turn(action) | {
        "steps": list(given.get(action, []) if steps is None else steps),
        "planHash": "0123456789ab",
        "exists": {},
        "warnings": [],
        "onFailure": "ROLL_BACK",
        "request": {"endpointName": ENDPOINT, "productionVariants": [VARIANT]},
        "endpointArn": f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT}",
        "endpointConfigName": CONFIG,
        "previousEndpointConfigName": PREVIOUS_CONFIG if action == "update" else None,
        "previous": previous if action in ("update", "shift") else None,
        "variants": [{"variantName": "AllTraffic", "modelName": "m", "instanceType": "ml.m5.large"}],
        "models": [],
        "modelNames": ["m"],
        "tests": [],
        "weights": {"AllTraffic": 1.0},
        "guardrails": None,
        "components": [],
        "firstCheckSeconds": 120 if action in ("create", "update") else 0,
        "scaling": [],
        "inEffect": [],
        "schedule": None,
        "alarmPrefix": f"slipway/{ENDPOINT}/",
        "differences": [],
    }
    return cast(DeploymentPlan, plan | changes)


def before_stack_update(plan: DeploymentPlan) -> DeploymentPlan:
    """The plan as the version before several policies made it; its execution runs on after an update of the stack."""
    scaling = [
        {"variantName": each["name"]} | {name: value for name, value in each.items() if name in SCALED_BEFORE}
        for each in plan["scaling"]
    ]
    rest = {name: value for name, value in plan.items() if name not in ("components", "inEffect", "schedule")}
    return cast(DeploymentPlan, rest | {"scaling": scaling})


def removal_step(call: Call) -> Step:
    return calls.step("clean up", call, state=calls.REMOVE_ENDPOINT)


def removal_plan(steps: Iterable[Step] | None = None, **changes: Any) -> RemovalPlan:
    """Plan that removes `ENDPOINT`, which is InService."""
    made = [removal_step(calls.delete_endpoint(ENDPOINT, "which is InService"))] if steps is None else list(steps)
    plan = _turn("remove" if made else "none") | {
        "trigger": {"kind": "removal"},
        "steps": made,
        "planHash": "0123456789ab",
        "exists": {},
        "warnings": [],
        "endpointStatus": "InService",
        "deletesRecords": False,
    }
    return cast(RemovalPlan, plan | changes)


def busy(error: str = "EndpointBusy", cause: str = "It is being changed.", wait_seconds: int = 0) -> AnyPlan:
    """Plan of an execution that cannot take the lock yet."""
    return cast(AnyPlan, _turn("wait") | {"busy": {"error": error, "cause": cause, "waitSeconds": wait_seconds}})


def _turn(action: str) -> dict[str, Any]:
    return {
        "action": action,
        "endpointName": ENDPOINT,
        "executionArn": EXECUTION_ARN,
        "startedAt": STARTED_AT,
        "turnSince": STARTED_AT,
        "deadlineAt": "2026-11-21T06:12:59.152Z",
        "requestHash": "ba9876543210",
        "trigger": {"kind": "request"},
        "dryRun": False,
        "busy": None,
    }
