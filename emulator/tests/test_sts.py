import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, LocalAws
from support.callers import allow, error_of, make_role


def test_credentials_of_an_assumed_role_have_its_rights(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sns:ListTopics"))
    identity = caller.client("sts").get_caller_identity()

    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{caller.role_name}/tester" == caller.arn
    assert identity["Account"] == ACCOUNT_ID
    role_id = local_aws.client("iam").get_role(RoleName=caller.role_name)["Role"]["RoleId"]
    assert identity["UserId"] == f"{role_id}:tester"
    caller.client("sns").list_topics()
    assert ("sns:ListTopics", "*", "allow") in caller.checks()


def test_every_caller_can_get_its_identity(local_aws: LocalAws) -> None:
    make_role(local_aws).client("sts").get_caller_identity()

    assert local_aws.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:user/administrator"


def test_a_missing_role_cannot_be_assumed(local_aws: LocalAws) -> None:
    role_arn = f"arn:aws:iam::{ACCOUNT_ID}:role/not-there"

    code, message, status = error_of(local_aws.client("sts").assume_role, RoleArn=role_arn, RoleSessionName="tester")

    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role_arn}")


@pytest.mark.parametrize("narrowed", [{"Policy": "{}"}, {"Tags": [{"Key": "a", "Value": "b"}]}])
def test_a_session_policy_is_refused(local_aws: LocalAws, narrowed: dict[str, str]) -> None:
    caller = make_role(local_aws)
    with pytest.raises(ClientError) as refused:
        local_aws.client("sts").assume_role(RoleArn=caller.role_arn, RoleSessionName="tester", **narrowed)

    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert f"sts AssumeRole with {next(iter(narrowed))}" in refused.value.response["Error"]["Message"]
