from local_aws import REGION, LocalAws
from support.stacks import StackOf

CHILD = """
Parameters: {Word: {Type: String}}
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Word}}
Outputs:
  Name: {Value: !Ref P}
"""
PARENT = """
Parameters: {Word: {Type: String}}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: %s, Parameters: {Word: !Ref Word}}
  After: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Child.Outputs.Name}}
"""


def stored(aws: LocalAws, name: str, text: str) -> str:
    """Store a template in a bucket; return its URL."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="child.yaml", Body=text)
    return f"https://{name}.s3.{REGION}.amazonaws.com/child.yaml"


def value(aws: LocalAws, name: str) -> str:
    text: str = aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return text


def test_a_nested_stack_has_parameters_and_outputs(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "parent")
    text = PARENT % stored(local_aws, "parent-templates", CHILD)

    assert stack.create(text, Parameters={"Word": "one"}, Tags={"team": "ml"}) == "CREATE_COMPLETE", stack.failures

    child = StackOf(local_aws, stack["Child"])
    assert value(local_aws, value(local_aws, stack["After"])) == "one"
    assert child.described["ParentId"] == child.described["RootId"] == stack.described["StackId"]
    assert child.described["StackName"].startswith("parent-Child-")
    assert child.described["Tags"] == [{"Key": "team", "Value": "ml"}]
    assert stack.update(text, Parameters={"Word": "two"}, Tags={"team": "ml"}) == "UPDATE_COMPLETE", stack.failures
    assert value(local_aws, child["P"]) == "two"
    assert stack.delete() == "DELETE_COMPLETE"
    assert child.status == "DELETE_COMPLETE"


def test_a_failed_nested_stack_fails_its_parent_and_leaves_nothing(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "unlucky-parent")
    text = PARENT % stored(
        local_aws, "unlucky-templates", CHILD.replace("Type: String, Value", "Name: aws-x, Type: String, Value")
    )

    assert stack.create(text, Parameters={"Word": "one"}) == "ROLLBACK_COMPLETE"

    why = stack.reason("Child", "CREATE_FAILED")
    assert why.startswith("Embedded stack arn:aws:cloudformation:")
    assert why.endswith(" was not successfully created: The following resource(s) failed to create: [P]. ")
    assert StackOf(local_aws, stack["Child"]).status == "DELETE_COMPLETE"


def test_a_failed_nested_update_is_rolled_back_with_its_parent(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "careful-parent")
    text = PARENT % stored(local_aws, "careful-templates", CHILD)
    stack.create(text, Parameters={"Word": "one"})
    bad = CHILD.replace(
        "Outputs:", "  Q: {Type: AWS::SSM::Parameter, Properties: {Name: aws-x, Type: String, Value: x}}\nOutputs:"
    )
    local_aws.client("s3").put_object(Bucket="careful-templates", Key="other.yaml", Body=bad)

    status = stack.update(text.replace("child.yaml", "other.yaml"), Parameters={"Word": "two"})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    child = StackOf(local_aws, stack["Child"])
    assert "with reason: The following resource(s) failed to create: [Q]. " in stack.reason("Child", "UPDATE_FAILED")
    assert value(local_aws, child["P"]) == "one"
    assert stack.update(text, Parameters={"Word": "three"}) == "UPDATE_COMPLETE", stack.failures
    assert value(local_aws, child["P"]) == "three"


def test_a_missing_template_fails_the_nested_stack(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "no-child")

    stack.create(PARENT % f"https://s3.{REGION}.amazonaws.com/nowhere/child.yaml", Parameters={"Word": "x"})

    assert stack.reason("Child", "CREATE_FAILED").startswith("S3 error: The specified bucket does not exist")
