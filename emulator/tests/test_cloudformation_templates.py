import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.hosting import refused
from support.stacks import StackOf, evaluated

HANDLE = "Handle: {Type: AWS::CloudFormation::WaitConditionHandle}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
        ('{"Resources": }', "Template format error: JSON not well-formed. (line 1, column 15)"),
        ("just Resources: text: here", "Template format error: YAML not well-formed. (line 1, column 21)"),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("Description: no Resources:\nOutputs: {}", "Template format error: YAML not well-formed. (line 1, column 26)"),
        (f"Resources: {{{HANDLE}}}\nFunctions: {{}}", "Invalid template property or properties [Functions]"),
        (f"Resources: {{{HANDLE}}}\nOutputs:", "[/Outputs] 'null' values are not allowed in templates"),
        (
            "Resources: {A: {Properties: {}}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DisplayName: x}}",
            "Invalid template resource property 'DisplayName'",
        ),
        (
            "Resources: {A-b: {Type: AWS::SNS::Topic}}",
            "Template format error: Resource name A-b is non alphanumeric.",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topics}, B: {Type: AWS::Nothing::There}}",
            "Template format error: Unrecognized resource types: [AWS::Nothing::There, AWS::SNS::Topics]",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Nobody}}}",
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: Nobody}}",
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            f"Resources: {{{HANDLE}}}\nOutputs: {{O: {{Value: !Sub 'x ${{Nobody}}'}}}}",
            "Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Nobody.Arn}}}",
            "Template error: instance of Fn::GetAtt references undefined resource Nobody",
        ),
        (
            f"Resources: {{{HANDLE}, T: {{Type: AWS::SNS::Topic}}}}\nOutputs: {{O: {{Value: !GetAtt T.Owner}}}}",
            "Template error: resource T does not support attribute type Owner in Fn::GetAtt",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: [A]}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Condition: Never}}",
            "Template format error: Unresolved condition dependency Never in the definition of A",
        ),
        (
            f"Resources: {{{HANDLE}, {HANDLE}}}",
            "Template format error: Duplicate key Handle found in the template",
        ),
        (
            f"Conditions: {{Off: !Equals [1, 2]}}\nResources: {{{HANDLE}, A: {{Type: AWS::SNS::Topic, Condition: Off}}, "
            "B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub 'x ${A.TopicName}'}}}",
            "Template format error: Unresolved resource dependencies [A] in the Resources block of the template",
        ),
        (
            f"Conditions: {{Off: !Equals [1, 2]}}\nResources: {{{HANDLE}, A: {{Type: AWS::SNS::Topic, Condition: Off}}}}\n"
            "Outputs: {O: {Value: !Ref A}}",
            "Template format error: Unresolved resource dependencies [A] in the Outputs block of the template",
        ),
        (
            f"Mappings: {{M: {{a: {{b: 1}}}}}}\nResources: {{{HANDLE}}}\nOutputs: {{O: {{Value: !FindInMap [M, a, z]}}}}",
            "Template error: Unable to get mapping for M::a::z",
        ),
        (
            f"Mappings: {{M: {{a: b}}}}\nResources: {{{HANDLE}}}",
            "Template format error: Every Mappings member a must be a map",
        ),
        (
            f"Mappings: {{M: {{a: {{b: {{c: d}}}}}}}}\nResources: {{{HANDLE}}}",
            "Template format error: Every Mappings attribute must be a String or a List.",
        ),
        (
            f"Parameters: {{P: {{Type: String, Default: !Ref AWS::NoValue}}}}\nResources: {{{HANDLE}}}",
            "Template format error: Every Default member must be a string.",
        ),
        (
            f"Parameters: {{'AWS::NoValue': {{Type: String}}}}\nResources: {{{HANDLE}}}",
            "Template format error: Parameter name AWS::NoValue is non alphanumeric.",
        ),
        (
            "Parameters: {P: {Type: String, Default: Keep}}\nResources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: !Ref P}}",
            "Template error: resource A has the DeletionPolicy Keep; it must be one of Delete, Retain, "
            "RetainExceptOnCreate, Snapshot",
        ),
    ],
)
def test_an_invalid_template_is_refused(local_aws: LocalAws, text: str, message: str) -> None:
    with refused("ValidationError", message):
        StackOf(local_aws, "no-template").create(text)

    with refused("ValidationError", "Stack with id no-template does not exist"):
        _ = StackOf(local_aws, "no-template").status


def test_pseudo_parameters_have_the_stack_and_its_location(local_aws: LocalAws) -> None:
    outputs = evaluated(
        local_aws,
        "pseudo",
        """
        Where: !Sub '${AWS::Partition} ${AWS::Region} ${AWS::AccountId} ${AWS::URLSuffix} ${AWS::StackName}'
        Id: !Ref AWS::StackId
        """,
    )

    assert outputs["Where"] == f"aws {REGION} {ACCOUNT_ID} amazonaws.com pseudo"
    assert outputs["Id"].startswith(f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/pseudo/")


def test_intrinsic_functions_nest_in_both_forms(local_aws: LocalAws) -> None:
    outputs = evaluated(
        local_aws,
        "intrinsics",
        """
        Join: !Join ['-', [a, !Join [':', [b, c]], !Ref 'AWS::NoValue']]
        Select: !Select [1, !Split [',', 'x,y,z']]
        Base64: {'Fn::Base64': 'hello'}
        Literal: !Sub '${!Untouched} ${AWS::Region}'
        Given: !Sub ['${A}${B}', {A: 1, B: !Select ['0', [true]]}]
        Found: !FindInMap [Sizes, !Ref 'AWS::Region', small]
        Zones: !Join [' ', !GetAZs '']
        Date: !Sub '${Day}'
        """,
        "Mappings: {Sizes: {eu-west-1: {small: 7}}}\nParameters: {Day: {Type: String, Default: 2012-10-17}}",
    )

    assert outputs == {
        "Join": "a-b:c",
        "Select": "y",
        "Base64": "aGVsbG8=",
        "Literal": "${Untouched} eu-west-1",
        "Given": "1true",
        "Found": "7",
        "Zones": "eu-west-1a eu-west-1b eu-west-1c",
        "Date": "2012-10-17",
    }


def test_conditions_select_resources_values_and_outputs(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "conditions")
    text = """
Parameters:
  Stage: {Type: String}
Conditions:
  Production: !Equals [!Ref Stage, prod]
  Test: !Not [!Condition Production]
  Both: !And [!Condition Production, !Condition Test]
  Either: !Or [!Condition Production, !Condition Test]
Resources:
  Always: {Type: AWS::CloudFormation::WaitConditionHandle, Condition: Either}
  Never: {Type: AWS::CloudFormation::WaitConditionHandle, Condition: Both}
  Unsupported: {Type: AWS::EC2::Instance, Condition: Production}
Outputs:
  Kind: {Value: !If [Production, for real, for play]}
  Id: {Value: !Ref Unsupported, Condition: Production}
"""

    assert stack.create(text, Parameters={"Stage": "dev"}) == "CREATE_COMPLETE"

    assert stack.outputs == {"Kind": "for play"}
    resources = stack.api.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert [resource["LogicalResourceId"] for resource in resources] == ["Always"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!Select [3, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index 3"),
        ("{'Fn::Cidr': [a, b, c]}", "The local AWS does not model this: the intrinsic function Fn::Cidr"),
        ("!Sub ['${A}', {A: [1, 2]}]", "Template error: variable A in Fn::Sub expression does not resolve to a string"),
    ],
)
def test_an_unavailable_value_fails_the_stack(local_aws: LocalAws, value: str, message: str) -> None:
    stack = StackOf(local_aws, f"no-value-{abs(hash(value))}")
    text = f"Mappings: {{M: {{a: {{b: 1}}}}}}\nResources: {{{HANDLE}}}\nOutputs: {{O: {{Value: {value}}}}}"

    assert stack.create(text) == "ROLLBACK_COMPLETE"

    assert stack.reason(stack.name, "ROLLBACK_IN_PROGRESS").startswith(message)


def test_language_extensions_must_be_declared(local_aws: LocalAws) -> None:
    outputs = "Outputs: {O: {Value: {'Fn::ToJsonString': {a: [1, 'x']}}}, L: {Value: {'Fn::Length': [1, 2, 3]}}}"
    text = f"Resources: {{{HANDLE}}}\n{outputs}"

    with refused("ValidationError", "Template error: Fn::Length needs the transform AWS::LanguageExtensions"):
        StackOf(local_aws, "extensions").create(text)

    stack = StackOf(local_aws, "extensions")
    stack.create(f"Transform: AWS::LanguageExtensions\n{text}", Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert stack.outputs == {"O": '{"a":[1,"x"]}', "L": "3"}


def test_parts_that_conditions_exclude_can_have_invalid_references(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "unchosen")
    text = f"""
Conditions: {{Off: !Equals [1, 2]}}
Mappings: {{M: {{a: {{b: found}}}}}}
Resources:
  A: {{Type: AWS::SNS::Topic, Condition: Off}}
  B: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !If [Off, !Ref A, !FindInMap [M, a, b]]}}}}
  {HANDLE}
Outputs:
  Never: {{Condition: Off, Value: !Ref A}}
  Name: {{Value: !GetAtt B.DisplayName}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    assert stack.outputs == {"Name": "found"}


def test_a_custom_resource_is_valid_but_not_modelled(local_aws: LocalAws) -> None:
    text = "Resources: {A: {Type: Custom::Seeder, Properties: {ServiceToken: 'arn:x'}}}"

    local_aws.client("cloudformation").validate_template(TemplateBody=text)

    with refused("NotImplemented", "The local AWS does not model this: resources of type Custom::Seeder (A)"):
        StackOf(local_aws, "custom").create(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Resources: {A: {Type: AWS::EC2::Instance}}",
            "The local AWS does not model this: resources of type AWS::EC2::Instance (A)",
        ),
        (
            f"Resources: {{{HANDLE}}}\nTransform: MyMacro",
            "The local AWS does not model this: the transform MyMacro",
        ),
        (
            "Resources: {T: {Type: AWS::SNS::Topic, UpdatePolicy: {}}}",
            "The local AWS does not model this: UpdatePolicy of resource T",
        ),
        (
            "Resources: {T: {Type: AWS::SNS::Topic, Properties: {ArchivePolicy: {MessageRetentionPeriod: 30}}}}",
            "The local AWS does not model this: ArchivePolicy of AWS::SNS::Topic (T)",
        ),
        (
            "Parameters: {R: {Type: String, Default: nodejs22.x}}\n"
            "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Runtime: !Ref R, Role: !GetAtt R1.Arn}},\n"
            "  R1: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}}",
            "The local AWS does not model this: F: Runtime nodejs22.x is not supported by the local AWS: it runs Python "
            "functions only, python3.9 to python3.15.",
        ),
        (
            "Resources: {F: {Type: AWS::Lambda::Function, Properties: {PackageType: Image}}}",
            "The local AWS does not model this: F: PackageType Image is not supported by the local AWS: it runs no "
            "containers.",
        ),
    ],
)
def test_an_unsupported_feature_is_refused(local_aws: LocalAws, text: str, message: str) -> None:
    stack = StackOf(local_aws, "not-modelled")

    with refused("NotImplemented", message):
        stack.create(text, Capabilities=["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM"])

    with pytest.raises(ClientError, match="does not exist"):
        assert stack.status


def test_dynamic_references_are_read_when_the_stack_is_deployed(local_aws: LocalAws) -> None:
    local_aws.client("ssm").put_parameter(Name="/dynamic/greeting", Type="String", Value="hello")
    local_aws.client("secretsmanager").create_secret(Name="dynamic", SecretString='{"user": "me"}')

    outputs = evaluated(
        local_aws,
        "dynamic",
        """
        Stored: 'say {{resolve:ssm:/dynamic/greeting}}'
        Secret: !Sub '{{resolve:secretsmanager:${AWS::StackName}:SecretString:user}}'
        """,
    )

    assert outputs == {"Stored": "say hello", "Secret": "me"}
