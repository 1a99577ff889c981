"""SimulatePrincipalPolicy and SimulateCustomPolicy: the decisions of the policies alone."""

from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import Caller, Statement, allow, deny, document, error_of, make_role

BUCKET = "arn:aws:s3:::artifacts"
OBJECT = f"{BUCKET}/model.tar.gz"


def simulated(aws: LocalAws, caller: Caller, *actions: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=caller.role_arn, ActionNames=list(actions), **parameters
    )
    assert answer["IsTruncated"] is False
    results: list[dict[str, Any]] = answer["EvaluationResults"]
    return results


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([allow("s3:GetObject", f"{BUCKET}/*")], "allowed"),
        ([allow("s3:Get*"), deny("s3:GetObject", OBJECT)], "explicitDeny"),
        ([allow("s3:GetObject", "arn:aws:s3:::others/*")], "implicitDeny"),
        ([allow("s3:PutObject")], "implicitDeny"),
        ([], "implicitDeny"),
    ],
)
def test_the_policies_of_a_role_decide(local_aws: LocalAws, statements: list[Statement], decision: str) -> None:
    caller = make_role(local_aws, *statements)

    (result,) = simulated(local_aws, caller, "s3:GetObject", ResourceArns=[OBJECT])

    assert (result["EvalActionName"], result["EvalDecision"]) == ("s3:GetObject", decision)
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${Bucket}/${Key}"
    (specific,) = result["ResourceSpecificResults"]
    assert (specific["EvalResourceName"], specific["EvalResourceDecision"]) == (OBJECT, decision)


def test_without_resources_every_action_is_simulated_on_all(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("s3:GetObject", f"{BUCKET}/*"), allow("sqs:SendMessage"))

    narrow, wide = simulated(local_aws, caller, "s3:GetObject", "sqs:SendMessage")

    assert (narrow["EvalDecision"], wide["EvalDecision"]) == ("implicitDeny", "allowed")
    assert "ResourceSpecificResults" not in narrow


def test_an_action_is_as_strict_as_its_strictest_resource(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("s3:GetObject", OBJECT))
    others = f"{BUCKET}/other.tar.gz"

    (result,) = simulated(local_aws, caller, "s3:GetObject", ResourceArns=[OBJECT, others])

    assert result["EvalDecision"] == "implicitDeny"
    decisions = {each["EvalResourceName"]: each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]}
    assert decisions == {OBJECT: "allowed", others: "implicitDeny"}


def test_the_boundary_limits_the_role(local_aws: LocalAws) -> None:
    boundary = local_aws.client("iam").create_policy(
        PolicyName="simulated-boundary", PolicyDocument=document(allow("s3:ListBucket"))
    )["Policy"]["Arn"]
    caller = make_role(local_aws, allow("s3:*"), PermissionsBoundary=boundary)

    reads, lists = simulated(local_aws, caller, "s3:GetObject", "s3:ListBucket")

    assert (reads["EvalDecision"], lists["EvalDecision"]) == ("implicitDeny", "allowed")
    assert reads["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert lists["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


def test_matched_statements_name_their_policy(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("s3:*"))

    (result,) = simulated(
        local_aws, caller, "s3:GetObject", PolicyInputList=[document(deny("s3:GetObject")), document(allow("s3:Get*"))]
    )

    assert result["EvalDecision"] == "explicitDeny"
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["PolicyInputList.1"]
    (alone,) = simulated(local_aws, caller, "s3:GetObject")
    assert [each["SourcePolicyId"] for each in alone["MatchedStatements"]] == [f"role_{caller.role_name}_rights"]


def test_only_the_context_of_the_request_counts_and_missing_keys_are_reported(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("s3:ListBucket", BUCKET, StringLike={"s3:prefix": "models/*"}))
    given = {"ContextKeyName": "s3:prefix", "ContextKeyType": "string", "ContextKeyValues": ["models/churn/"]}

    (without,) = simulated(local_aws, caller, "s3:ListBucket", ResourceArns=[BUCKET])
    (within,) = simulated(local_aws, caller, "s3:ListBucket", ResourceArns=[BUCKET], ContextEntries=[given])

    assert (without["EvalDecision"], without["MissingContextValues"]) == ("implicitDeny", ["s3:prefix"])
    assert (within["EvalDecision"], within["MissingContextValues"]) == ("allowed", [])


def test_the_policy_of_the_bucket_is_not_retrieved(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="simulated", CreateBucketConfiguration={"LocationConstraint": local_aws.region})
    statement = deny("s3:GetObject", "arn:aws:s3:::simulated/*") | {"Principal": "*"}
    s3.put_bucket_policy(Bucket="simulated", Policy=document(statement))
    caller = make_role(local_aws, allow("s3:GetObject"))

    (result,) = simulated(local_aws, caller, "s3:GetObject", ResourceArns=["arn:aws:s3:::simulated/model.tar.gz"])

    assert result["EvalDecision"] == "allowed"


def test_results_have_pages(local_aws: LocalAws) -> None:
    iam, caller = local_aws.client("iam"), make_role(local_aws, allow("s3:*"))
    request = {"PolicySourceArn": caller.role_arn, "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]}

    first = iam.simulate_principal_policy(**request, MaxItems=2)
    pages = iam.get_paginator("simulate_principal_policy").paginate(**request, PaginationConfig={"PageSize": 2})

    assert first["IsTruncated"] is True
    assert len(first["EvaluationResults"]) == 2
    assert [each["EvalActionName"] for page in pages for each in page["EvaluationResults"]] == request["ActionNames"]


def test_policies_can_be_simulated_without_a_role(local_aws: LocalAws) -> None:
    answer = local_aws.client("iam").simulate_custom_policy(
        PolicyInputList=[document(allow("s3:GetObject", f"{BUCKET}/*"))],
        ActionNames=["s3:GetObject"],
        ResourceArns=[OBJECT],
    )

    assert [each["EvalDecision"] for each in answer["EvaluationResults"]] == ["allowed"]


def test_a_simulation_needs_the_permission_on_the_role(local_aws: LocalAws) -> None:
    subject = make_role(local_aws, allow("s3:*"))
    able = make_role(local_aws, allow("iam:SimulatePrincipalPolicy", subject.role_arn))
    request = {"PolicySourceArn": subject.role_arn, "ActionNames": ["s3:GetObject"]}

    answer = able.client("iam").simulate_principal_policy(**request)
    code, message, status = error_of(subject.client("iam").simulate_principal_policy, **request)

    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    assert (code, status) == ("AccessDenied", 403)
    assert f"iam:SimulatePrincipalPolicy on resource: {subject.role_arn}" in message


def test_invalid_simulations_are_refused(local_aws: LocalAws) -> None:
    simulate, caller = local_aws.client("iam").simulate_principal_policy, make_role(local_aws, allow("s3:*"))
    missing = caller.role_arn.replace(caller.role_name, "no-such-role")

    def refusal(**changes: Any) -> tuple[str, str, int]:
        return error_of(simulate, **{"PolicySourceArn": caller.role_arn, "ActionNames": ["s3:GetObject"], **changes})

    assert refusal(PolicySourceArn=missing) == ("NoSuchEntity", "The role with name no-such-role cannot be found.", 404)
    assert refusal(PolicySourceArn="arn:aws:s3:::a-bucket-of-mine") == (
        "InvalidInput",
        "Invalid Entity Arn: arn:aws:s3:::a-bucket-of-mine does not clearly define entity type and name.",
        400,
    )
    assert refusal(ActionNames=["GetObject"]) == ("InvalidInput", "Invalid action name: GetObject", 400)
    policy = document({**allow("s3:*", BUCKET), "Principal": "*"})
    assert refusal(ResourceArns=[BUCKET], ResourcePolicy=policy) == (
        "InvalidInput",
        "Simulation of resource-based policies isn't supported for IAM roles.",
        400,
    )
    assert refusal(ResourceArns=["arn:aws:sqs:eu-west-1:210987654321:queue"])[0] == "NotImplemented"
