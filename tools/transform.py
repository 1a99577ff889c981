"""template.yaml as CloudFormation sees it, transformed with AWS's SAM translator, without AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.parser.parser import Parser
from samtranslator.translator.arn_generator import ArnGenerator
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "eu-west-1"


def transformed(template: Path) -> dict[str, Any]:
    """The template after the AWS::Serverless transform, as in `sam deploy`: local paths are S3 locations."""
    ArnGenerator.BOTO_SESSION_REGION_NAME = REGION
    written = yaml_parse(template.read_text())
    for resource in written["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = "s3://bucket/definition.asl.yaml"
    written["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions.zip"
    session = boto3.session.Session(region_name=REGION)
    translator = Translator(get_bundled_managed_policy_map("aws"), Parser(), boto_session=session)
    result: dict[str, Any] = translator.translate(written, {})
    return result
