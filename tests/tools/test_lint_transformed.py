"""The lint sees the transformed template."""

from pathlib import Path

import pytest

from tools.lint_transformed import findings

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{CodeUri: functions/}}
Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.lambda_handler
      Policies:
        - Version: "2012-10-17"
          Statement:
            - {{Effect: Allow, Action: "{action}", Resource: !Sub "arn:${{AWS::Partition}}:sagemaker:*:*:endpoint/*"}}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "template.yaml"


def test_a_misspelt_iam_action_is_found_in_its_statement(template: Path) -> None:
    template.write_text(TEMPLATE.format(action="sagemaker:DescribeEndpiont"))

    (finding,) = findings(template)

    assert finding.startswith("W3037 Resources/ReaderRole/Properties/Policies/0/PolicyDocument/Statement/0/Action: ")
    assert "'describeendpiont' is not one of" in finding


def test_a_template_without_faults_has_no_findings(template: Path) -> None:
    template.write_text(TEMPLATE.format(action="sagemaker:DescribeEndpoint"))

    assert findings(template) == []
