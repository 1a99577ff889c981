from local_aws import LocalAws
from support.functions import make_role
from support.hosting import refused


def test_a_policy_needs_no_version(local_aws: LocalAws) -> None:
    make_role(local_aws, "without-version")
    policy = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    iam = local_aws.client("iam")

    iam.put_role_policy(RoleName="without-version", PolicyName="p", PolicyDocument=policy)

    assert iam.list_role_policies(RoleName="without-version")["PolicyNames"] == ["p"]


def test_a_policy_cannot_have_an_unknown_version(local_aws: LocalAws) -> None:
    make_role(local_aws, "with-version")
    policy = '{"Version": "2024-01-01", "Statement": []}'

    with refused("MalformedPolicyDocument", "Syntax errors in policy."):
        local_aws.client("iam").put_role_policy(RoleName="with-version", PolicyName="p", PolicyDocument=policy)
