"""A removal deletes the endpoint and what Slipway created for it, and reports what it deleted."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, until
from tests.faults.world import snapshot
from tests.support.deployment import MUTATING, Run, Slipway
from tests.support.roles import Statement, client_of, make_role
from tests.support.scaling import ExternalScaling
from tests.workflow.test_history import history
from tools import stack


def confirmed(endpoint_name: str, **changes: Any) -> dict[str, Any]:
    """The request to remove the endpoint."""
    return {"endpointName": endpoint_name, "confirm": endpoint_name, **changes}


def left(slipway: Slipway, endpoint_name: str) -> list[str]:
    """Existing resources of the endpoint, by kind."""
    world = snapshot(slipway, endpoint_name)
    return [kind for kind in ("endpoint", "configs", "scaling", "alarms", "held_by") if getattr(world, kind)]


def unscaled(request: dict[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in ("endpointName", "productionVariants")}


def stopped(slipway: Slipway, request: dict[str, Any], state: str) -> str:
    """ARN of a removal that was stopped in the state and reported."""
    with slipway.real_time():
        arn = slipway.start_removal(request)
        until(lambda: slipway.entered(arn, state))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.wait_for_rule(arn)
    return arn


def newer(request: dict[str, Any]) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": f"{request['endpointName']}-2"}]}


@pytest.fixture
def slipway(deployed: Slipway) -> Any:
    """The deployed application, without the faults and outcomes of other tests."""
    yield deployed
    deployed.clear_faults()


def test_a_removal_deletes_everything_that_slipway_created_for_the_endpoint(slipway: Slipway, request_for: Any) -> None:
    deployed = slipway.deploy(request_for("retired", alarms="create"))
    ExternalScaling(slipway, "retired").schedule("office-hours")
    assert left(slipway, "retired") == ["endpoint", "configs", "scaling", "alarms"]

    run = slipway.remove(confirmed("retired"))

    assert run.status == "SUCCEEDED", run.cause
    assert left(slipway, "retired") == []
    assert (run.output["outcome"], run.output["changed"], run.output["kept"]) == ("SUCCEEDED", True, [])
    assert run.output["removed"] == [
        "endpoint retired",
        "alarm slipway/retired/AllTraffic/model-latency",
        "alarm slipway/retired/AllTraffic/server-errors",
        "scalable target endpoint/retired/variant/AllTraffic",
        f"endpoint config {deployed.output['endpointConfigName']}",
    ]
    assert run.message["topicArn"] == slipway.outputs["SuccessTopicArn"]
    assert run.message["attributes"] == {"endpoint": "retired", "outcome": "SUCCEEDED", "stage": "local"}
    assert "retired is removed." in run.message["message"]


def test_the_users_models_and_the_history_are_kept(slipway: Slipway, request_for: Any) -> None:
    request = newer(request_for("remembered"))
    slipway.deploy(request)

    run = slipway.remove(confirmed("remembered"))

    models = slipway.aws.client("sagemaker").list_models(NameContains="remembered")["Models"]
    assert [model["ModelName"] for model in models] == ["remembered-2"]
    records = history(slipway, "remembered")
    assert [(record.kind, record.outcome, record.changed) for record in records] == [
        ("removal", "SUCCEEDED", True),
        ("request", "SUCCEEDED", True),
    ]
    assert records[0].deployment_id == run.output["deploymentId"]


def test_delete_records_deletes_the_history(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("leaves-no-trace"))
    slipway.deploy(request_for("leaves-no-trace"))

    run = slipway.remove(confirmed("leaves-no-trace", deleteRecords=True))

    assert run.status == "SUCCEEDED", run.cause
    assert history(slipway, "leaves-no-trace") == []
    assert "2 records of endpoint leaves-no-trace" in run.output["removed"]


def test_nothing_is_removed_unless_confirm_equals_the_endpoint_name(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("guarded-by-name"))

    runs = [
        slipway.remove({"endpointName": "guarded-by-name"}),
        slipway.remove({"endpointName": "guarded-by-name", "confirm": "Guarded-by-name", "deadlineSeconds": 1}),
    ]

    assert [(run.status, run.error) for run in runs] == [("FAILED", "InvalidRequest")] * 2
    assert "- /confirm: is missing." in runs[0].cause
    assert "2 faults" in runs[1].cause
    assert '- /confirm: expected "guarded-by-name", as in /endpointName, got "Guarded-by-name".' in runs[1].cause
    assert "Start the same removal again" not in runs[0].cause
    for run in runs:
        assert run.message["subject"] == "[local] guarded-by-name: removal failed, InvalidRequest; the endpoint is live"
        assert run.mutations("sagemaker") == []
    assert [record.kind for record in history(slipway, "guarded-by-name")] == ["removal", "removal", "request"]


def test_a_dry_run_lists_the_removals_and_the_removal_follows_them(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("shown", alarms="create"))

    planned = slipway.remove({"endpointName": "shown", "deleteRecords": True, "dryRun": True})

    assert planned.status == "SUCCEEDED", planned.cause
    assert planned.path == ["Plan removal", "Whose turn is it?", "Show plan"]
    assert {call["service"] for call in planned.calls if call["operation"].startswith(MUTATING)} == {"logs", "xray"}
    assert (planned.messages, planned.output["outcome"], planned.output["action"]) == ([], "PLANNED", "remove")
    assert planned.output["exists"]["scalingPolicies"] == ["shown-AllTraffic-target-tracking"]

    run = slipway.remove(confirmed("shown", deleteRecords=True))

    assert (run.output["steps"], run.output["planHash"]) == (planned.output["steps"], planned.output["planHash"])
    states = list(dict.fromkeys(step["state"] for step in planned.output["steps"]))
    assert [state for state in run.path if state in states] == states
    assert len(run.output["removed"]) == len(planned.output["steps"])


def test_the_removal_of_a_missing_endpoint_succeeds(slipway: Slipway) -> None:
    run = slipway.remove(confirmed("never-there"))

    assert run.status == "SUCCEEDED", run.cause
    assert (run.output["action"], run.output["changed"], run.output["removed"]) == ("none", False, [])
    assert run.mutations("sagemaker") == run.mutations("application-autoscaling") == []
    assert "never-there does not exist, nothing was changed." in run.message["message"]


def test_an_endpoint_that_slipway_did_not_create_is_removed_only_once_it_is_tagged(slipway: Slipway) -> None:
    arn = foreign_endpoint(slipway, "by-hand")

    refused = slipway.remove(confirmed("by-hand"))

    assert (refused.status, refused.error, refused.mutations("sagemaker")) == ("FAILED", "EndpointNotOwned", [])
    assert f"aws sagemaker add-tags --resource-arn {arn} --tags Key=slipway:execution,Value=adopted" in refused.cause
    assert refused.message["subject"] == "[local] by-hand: removal failed, EndpointNotOwned; the endpoint is live"

    tag = {"Key": "slipway:execution", "Value": "adopted"}
    slipway.aws.client("sagemaker").add_tags(ResourceArn=arn, Tags=[tag])
    assert slipway.remove(confirmed("by-hand")).status == "SUCCEEDED"
    assert slipway.endpoint("by-hand") is None


def foreign_endpoint(slipway: Slipway, name: str) -> str:
    """ARN of an endpoint, with config and model, created by another user."""
    stack.make_models(slipway.aws, {"productionVariants": [{"ModelName": name}]})
    sagemaker = slipway.aws.client("sagemaker")
    variant = {"VariantName": "A", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    arn = sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)["EndpointArn"]
    until(lambda: is_in(slipway, name, "InService"))
    return str(arn)


def test_a_wrong_plan_cannot_delete_what_slipway_did_not_create(slipway: Slipway) -> None:
    foreign_endpoint(slipway, "out-of-reach")
    moments = {"startedAt": "2026-11-21T05:00:00.000Z", "deadlineAt": "2026-11-21T13:00:00.000Z"}
    deletion = {
        "phase": "clean up",
        "state": "Remove endpoint",
        "service": "sagemaker",
        "operation": "DeleteEndpoint",
        "request": {"EndpointName": "out-of-reach"},
        "action": "delete",
        "what": "endpoint out-of-reach",
        "undo": [],
    }
    faulty = {
        "endpointName": "out-of-reach",
        "endpointStatus": "InService",
        "executionArn": slipway.execution_named("faulty"),
        "steps": [deletion],
        **moments,
    }

    answer = slipway.aws.client("lambda").invoke(
        FunctionName=slipway.physical_id("CleanUpFunction"),
        Payload=json.dumps({"plan": faulty, "previous": None, "now": moments["startedAt"]}),
    )

    assert json.load(answer["Payload"])["errorType"] == "AccessDenied"
    assert is_in(slipway, "out-of-reach", "InService")


def statements_of(slipway: Slipway, role: str) -> list[Statement]:
    """Statements of a role's policies, as deployed by CloudFormation."""
    iam, name = slipway.aws.client("iam"), slipway.physical_id(role)
    policies = [
        iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    return [statement for policy in policies for statement in policy["Statement"]]


DELETIONS = {
    "delete_endpoint": "EndpointName",
    "delete_endpoint_config": "EndpointConfigName",
    "delete_model": "ModelName",
}


@pytest.mark.parametrize("role", ["CleanUpFunctionRole", "PrepareEndpointFunctionRole", "RollBackRole"])
def test_no_role_may_delete_what_slipway_did_not_create(slipway: Slipway, role: str) -> None:
    name = f"out-of-reach-of-{role}"
    foreign_endpoint(slipway, name)
    root = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    role_arn = make_role(slipway.aws.client("iam"), name, root, *statements_of(slipway, role))
    sagemaker = client_of(slipway.aws, role_arn, "sagemaker")

    for operation, member in DELETIONS.items():
        with pytest.raises(ClientError) as refused:
            getattr(sagemaker, operation)(**{member: name})
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("operation", "outcome", "status"),
    [
        ("create", "fails", "Failed"),
        ("update", "fails", "Failed"),
        ("update", "rollback_fails", "UpdateRollbackFailed"),
        ("delete", "fails", "Failed"),
    ],
)
def test_an_endpoint_in_any_stable_status_is_removed(
    slipway: Slipway, request_for: Any, operation: str, outcome: str, status: str
) -> None:
    name = f"stuck-{operation}-{outcome}".replace("_", "-")
    request = unscaled(request_for(name, onFailure="KEEP")) | {"onFailure": "KEEP"}
    if operation != "create":
        slipway.deploy(request)
    slipway.outcome(name, operation, outcome)
    if operation == "delete":
        slipway.aws.client("sagemaker").delete_endpoint(EndpointName=name)
        until(lambda: is_in(slipway, name, status))
    else:
        slipway.deploy(newer(request))
    assert is_in(slipway, name, status)

    run = slipway.remove(confirmed(name))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["steps"][0]["what"] == f"endpoint {name}, which is {status}"
    assert left(slipway, name) == []


def is_in(slipway: Slipway, endpoint_name: str, status: str) -> bool:
    endpoint = slipway.endpoint(endpoint_name)
    return endpoint is not None and endpoint["EndpointStatus"] == status


@pytest.mark.parametrize("kind", ["creating", "updating"])
def test_a_removal_waits_for_sagemaker_and_changes_nothing_meanwhile(
    slipway: Slipway, request_for: Any, kind: str
) -> None:
    name = f"while-{kind}"
    request = newer(request_for(name))
    if kind == "updating":
        slipway.deploy(request_for(name))
    stack.make_models(slipway.aws, request)
    with slipway.recorded() as finish:
        with slipway.real_time():
            deploys = slipway.start(request)
            until(lambda: slipway.entered(deploys, "Check endpoint"))
            slipway.aws.client("stepfunctions").stop_execution(executionArn=deploys)
            slipway.wait_for_rule(deploys)
            removes = slipway.start_removal(confirmed(name))
            until(lambda: slipway.entered(removes, "Wait for turn"))
            assert not slipway.entered(removes, "Remove endpoint")
        run: Run = finish(removes)

    assert run.status == "SUCCEEDED", run.cause
    assert left(slipway, name) == []


def test_a_removal_fails_while_a_deployment_runs_unless_it_may_wait(slipway: Slipway, request_for: Any) -> None:
    stack.make_models(slipway.aws, request_for("deployed-first"))
    with slipway.recorded() as finish:
        with slipway.real_time():
            deploys = slipway.start(request_for("deployed-first"))
            until(lambda: slipway.entered(deploys, "Check endpoint"))
            fails = slipway.start_removal(confirmed("deployed-first"))
            waits = slipway.start_removal(confirmed("deployed-first", whenBusy="WAIT"))
            until(lambda: slipway.has_ended(fails) and slipway.entered(waits, "Wait for turn"))
        runs = [finish(arn) for arn in (deploys, fails, waits)]

    assert [run.status for run in runs] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert runs[1].error == "EndpointBusy"
    assert deploys in runs[1].cause
    assert left(slipway, "deployed-first") == []


def test_a_deployment_waits_for_a_running_removal(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("made-again"))
    with slipway.recorded() as finish:
        with slipway.real_time():
            removes = slipway.start_removal(confirmed("made-again"))
            until(lambda: slipway.entered(removes, "Wait for deletion"))
            deploys = slipway.start(request_for("made-again", whenBusy="WAIT"))
            until(lambda: slipway.entered(deploys, "Wait for turn"))
        runs = [finish(removes), finish(deploys)]

    assert [run.status for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    assert runs[1].output["action"] == "create"


def test_a_removal_waits_for_a_deletion_that_is_already_running(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("going"))
    with slipway.recorded() as finish:
        with slipway.real_time():
            slipway.aws.client("sagemaker").delete_endpoint(EndpointName="going")
            arn = slipway.start_removal(confirmed("going"))
            until(lambda: slipway.entered(arn, "Wait for deletion"))
        run: Run = finish(arn)

    assert run.status == "SUCCEEDED", run.cause
    assert "DeleteEndpoint" not in [
        call["operation"] for call in run.calls if "CleanUpFunctionRole" in call["principal"]
    ]
    assert left(slipway, "going") == []


def test_two_concurrent_equal_removals_delete_once(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("removed-twice"))
    with slipway.recorded() as finish:
        with slipway.real_time():
            first = slipway.start_removal(confirmed("removed-twice"))
            until(lambda: slipway.entered(first, "Wait for deletion"))
            second = slipway.start_removal(confirmed("removed-twice"))
            until(lambda: slipway.entered(second, "Wait for turn"))
        runs = [finish(first), finish(second)]

    assert [run.status for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    assert [run.output["changed"] for run in runs] == [True, False]
    assert [len(run.messages) for run in runs] == [1, 1]


@pytest.mark.parametrize("state", ["Wait for deletion", "Remove endpoint"])
def test_a_stopped_removal_is_reported_once_and_repeating_it_completes_it(
    slipway: Slipway, request_for: Any, state: str
) -> None:
    name = f"stopped-in-{state.lower().replace(' ', '-')}"
    slipway.deploy(request_for(name, alarms="create"))

    arn = stopped(slipway, confirmed(name), state)

    (message,) = slipway.messages_of(arn)
    assert message["attributes"]["outcome"] == "ExecutionStopped"
    assert f"{name}: removal failed, ExecutionStopped; " in message["message"]
    assert snapshot(slipway, name).held_by is None
    assert history(slipway, name)[0].kind == "removal"

    again = slipway.remove(confirmed(name))

    assert again.status == "SUCCEEDED", again.cause
    assert left(slipway, name) == []


def test_repeating_a_stopped_removal_works_in_any_case_of_the_name(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("Written-Large", alarms="create"))
    stopped(slipway, confirmed("Written-Large"), "Wait for deletion")
    until(lambda: slipway.endpoint("written-large") is None)

    run = slipway.remove(confirmed("written-large"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["endpointName"] == "Written-Large"
    assert slipway.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix="slipway/written")["MetricAlarms"] == []


def test_a_config_in_use_by_another_endpoint_is_kept_and_reported(slipway: Slipway, request_for: Any) -> None:
    config = slipway.deploy(request_for("shared-config")).output["endpointConfigName"]
    slipway.aws.client("sagemaker").create_endpoint(EndpointName="shares-it", EndpointConfigName=config)

    run = slipway.remove(confirmed("shared-config"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["kept"] == [f"endpoint config {config}: endpoint shares-it uses it"]
    assert slipway.configs("shared-config") == [config]


def test_a_partly_refused_removal_reports_what_remains_and_how_to_continue(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("half-gone", alarms="create"))
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403)

    run = slipway.remove(confirmed("half-gone"))

    assert (run.status, run.error) == ("FAILED", "AccessDenied")
    assert "There is no endpoint half-gone." in run.cause
    assert "Resources that were not deleted before the failure still exist: a removal is not rolled back." in run.cause
    assert "Start the same removal again: it continues where this one stopped." in run.cause
    assert run.message["topicArn"] == slipway.outputs["FailureTopicArn"]
    assert left(slipway, "half-gone") == ["configs", "alarms"]
    slipway.clear_faults()

    again = slipway.remove(confirmed("half-gone"))

    assert again.status == "SUCCEEDED", again.cause
    assert left(slipway, "half-gone") == []


def test_a_refused_deletion_is_reported_with_its_state_and_sagemakers_message(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.deploy(request_for("with-components"))
    words = "Cannot delete endpoint with inference components"
    slipway.fault("sagemaker", "DeleteEndpoint", "ValidationException", words)

    run = slipway.remove(confirmed("with-components"))

    assert (run.status, run.error) == ("FAILED", "RequestRefused")
    assert run.cause.startswith(f"DeleteEndpoint: ValidationException: {words}\nFailed in the state Remove endpoint.\n")
    assert "Start the same removal again: it continues where this one stopped." in run.cause


def test_a_deletion_without_end_fails_at_the_deadline(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("never-going"))
    slipway.outcome("never-going", "delete", "never_finishes")

    run = slipway.remove(confirmed("never-going", deadlineSeconds=900))

    assert (run.status, run.error) == ("FAILED", "DeadlineExceeded")
    assert "Endpoint never-going is Deleting. The deadline for its deletion was" in run.cause
    assert 900 <= run.seconds_between("Plan removal", "Remove endpoint") <= 960
