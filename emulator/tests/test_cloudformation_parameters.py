import pytest

from local_aws import LocalAws
from support.hosting import refused
from support.stacks import StackOf, evaluated

HANDLE = "Resources: {Handle: {Type: AWS::CloudFormation::WaitConditionHandle}}"


def test_values_come_from_the_request_or_the_default(local_aws: LocalAws) -> None:
    outputs = evaluated(
        local_aws,
        "parameter-values",
        """
        Text: !Ref Text
        Number: !Ref Number
        List: !Join ['|', !Ref List]
        """,
        "Parameters: {Text: {Type: String, Default: a}, Number: {Type: Number, Default: 1.5},"
        " List: {Type: CommaDelimitedList, Default: 'x, y'}}",
        Parameters={"Text": "b"},
    )

    assert outputs == {"Text": "b", "Number": "1.5", "List": "x|y"}


def test_booleans_can_be_allowed_and_default_values(local_aws: LocalAws) -> None:
    declared = "Parameters: {Flag: {Type: String, Default: true, AllowedValues: [true, false]}}"

    outputs = evaluated(local_aws, "truth-values", "Flag: !Ref Flag", declared, Parameters={"Flag": "false"})
    summary = local_aws.client("cloudformation").get_template_summary(TemplateBody=f"{declared}\n{HANDLE}")

    assert outputs == {"Flag": "false"}
    (parameter,) = summary["Parameters"]
    assert (parameter["DefaultValue"], parameter["ParameterConstraints"]) == (
        "true",
        {"AllowedValues": ["true", "false"]},
    )


def test_a_stored_parameter_is_read_and_returned(local_aws: LocalAws) -> None:
    ssm = local_aws.client("ssm")
    ssm.put_parameter(Name="/stored/size", Type="String", Value="large")
    ssm.put_parameter(Name="/stored/zones", Type="StringList", Value="a,b")

    outputs = evaluated(
        local_aws,
        "stored",
        """
        Size: !Ref Size
        Zones: !Select [1, !Ref Zones]
        Name: !Ref Name
        """,
        "Parameters: {Size: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /stored/size},"
        " Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /stored/zones},"
        " Name: {Type: 'AWS::SSM::Parameter::Name', Default: /stored/size}}",
    )

    assert outputs == {"Size": "large", "Zones": "b", "Name": "/stored/size"}
    shown = {each["ParameterKey"]: each for each in StackOf(local_aws, "stored").described["Parameters"]}
    assert shown["Size"] == {"ParameterKey": "Size", "ParameterValue": "/stored/size", "ResolvedValue": "large"}


def test_a_secret_parameter_is_not_returned(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "secret-parameter")
    text = f"Parameters: {{Password: {{Type: String, NoEcho: true}}}}\n{HANDLE}"

    stack.create(text, Parameters={"Password": "hunter2"})

    assert stack.described["Parameters"] == [{"ParameterKey": "Password", "ParameterValue": "****"}]


@pytest.mark.parametrize(
    ("declaration", "value", "message"),
    [
        ("Type: String", None, "Parameters: [P] must have values"),
        ("Type: String, AllowedValues: [a, b]", "c", "Parameter 'P' must be one of AllowedValues"),
        ("Type: Number, AllowedValues: [1, 2]", "3", "Parameter 'P' must be one of AllowedValues"),
        ("Type: String, AllowedPattern: '[a-z]+'", "aB", "Parameter 'P' must match pattern [a-z]+"),
        ("Type: String, MinLength: 3", "ab", "Parameter 'P' must contain at least 3 characters"),
        ("Type: String, MaxLength: 1", "ab", "Parameter 'P' must contain at most 1 characters"),
        ("Type: Number", "many", "Parameter 'P' must be a number"),
        ("Type: Number, MinValue: 5", "4", "Parameter 'P' must be a number not less than 5"),
        ("Type: Number, MaxValue: 5", "6", "Parameter 'P' must be a number not greater than 5"),
        ("Type: List<Number>", "1,b", "Parameter 'P' must be a list of numbers"),
        (
            "Type: String, AllowedPattern: x, ConstraintDescription: an x",
            "y",
            "Parameter 'P' failed to satisfy constraint: an x",
        ),
        ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a,c", "Parameter 'P' must be one of AllowedValues"),
        ("Type: Text", "x", "Template format error: Unrecognized parameter type: Text"),
        (
            "Type: 'AWS::SSM::Parameter::Value<String>'",
            "/not/there",
            "Unable to fetch parameters [/not/there] from parameter store for this account.",
        ),
    ],
)
def test_a_value_that_violates_its_constraints_is_refused(
    local_aws: LocalAws, declaration: str, value: str | None, message: str
) -> None:
    given = {} if value is None else {"P": value}

    with refused("ValidationError", message):
        StackOf(local_aws, "bad-parameter").create(f"Parameters: {{P: {{{declaration}}}}}\n{HANDLE}", Parameters=given)


def test_an_undeclared_parameter_is_refused(local_aws: LocalAws) -> None:
    with refused("ValidationError", "Parameters: [Stage] do not exist in the template"):
        StackOf(local_aws, "unknown-parameter").create(HANDLE, Parameters={"Stage": "dev"})


def test_an_update_uses_the_default_unless_it_keeps_the_previous_value(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "kept-parameter")
    text = f"Parameters: {{P: {{Type: String, Default: a}}}}\n{HANDLE}\nOutputs: {{P: {{Value: !Ref P}}}}"
    stack.create(text, Parameters={"P": "b"})

    with refused("ValidationError", "No updates are to be performed."):
        stack.update(text, Parameters=[{"ParameterKey": "P", "UsePreviousValue": True}])
    assert stack.update(text) == "UPDATE_COMPLETE"

    assert stack.outputs == {"P": "a"}


def test_a_rule_that_does_not_hold_refuses_the_stack(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "rules")
    text = f"""
Parameters:
  Stage: {{Type: String}}
  Size: {{Type: String}}
Rules:
  BigInProduction:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: !Contains [[large, huge], !Ref Size]
        AssertDescription: production takes a large one
{HANDLE}
"""

    with refused("ValidationError", "Template error: rule BigInProduction: production takes a large one"):
        stack.create(text, Parameters={"Stage": "prod", "Size": "small"})
    assert stack.create(text, Parameters={"Stage": "dev", "Size": "small"}) == "CREATE_COMPLETE"
