"""Macros: the AWS::Serverless transform, by AWS's own code, and a part of AWS::LanguageExtensions."""

from __future__ import annotations

import copy
import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

import boto3

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.template import Template
from local_aws.core.errors import NotModelledError

SERVERLESS = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"

_lock = threading.Lock()  # the translator keeps the Region in a class attribute


class TransformError(ValidationError):
    """A macro refuses the template."""

    def __init__(self, macro: str, message: str) -> None:
        super().__init__(f"Transform {macro} failed with: {message}")


def declared(template: Template) -> list[str]:
    """Names of the template's macros, in order."""
    transform = template.get("Transform", [])
    named = [transform] if isinstance(transform, str) else transform
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise NotModelledError("a Transform with parameters")
    return named


def process(template: Template, parameters: Mapping[str, Any], region: str) -> Template:
    """The template after its macros.

    Parameters
    ----------
    parameters : mapping of str to str or list of str
        Values of the template's parameters.

    Raises
    ------
    TransformError
        If a macro refuses the template.
    NotModelledError
        If the template has an unsupported macro.
    """
    names = declared(template)
    for name in names:
        if name not in (SERVERLESS, LANGUAGE_EXTENSIONS):
            raise NotModelledError(f"the transform {name}")
    if LANGUAGE_EXTENSIONS not in names:
        _refuse_extensions(template)
    processed = _serverless(template, parameters, region) if SERVERLESS in names else dict(template)
    processed.pop("Transform", None)
    return processed


def _refuse_extensions(template: Template) -> None:
    text = json.dumps(template, default=str)
    for function in ("Fn::Length", "Fn::ToJsonString"):
        if f'"{function}"' in text:
            raise ValidationError(f"Template error: {function} needs the transform {LANGUAGE_EXTENSIONS}")


def _serverless(template: Template, parameters: Mapping[str, Any], region: str) -> Template:
    # Imported late: half a second that only deployments need.
    from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.arn_generator import ArnGenerator
    from samtranslator.translator.translator import Translator
    from samtranslator.utils import py27hash_fix

    # it warns that its usage metrics are not sent
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
    source, values = copy.deepcopy(template), dict(parameters)
    with _lock:
        ArnGenerator.BOTO_SESSION_REGION_NAME = region
        session = boto3.session.Session(region_name=region)
        # Only after this, logical ids with a hash, such as those of Lambda versions, are those of AWS.
        py27hash_fix.to_py27_compatible_template(source, values)
        translator = Translator(None, Parser(), boto_session=session)
        try:
            translated = translator.translate(
                source, values, get_managed_policy_map=lambda: get_bundled_managed_policy_map("aws")
            )
        except InvalidDocumentException as error:
            raise TransformError(SERVERLESS, _message(error)) from error
    processed: Template = py27hash_fix.undo_mark_unicode_str_in_template(translated)
    return processed


def _message(error: Any) -> str:
    causes = sorted(error.causes, key=lambda cause: str(cause.message))
    return " ".join([str(error.message), *(str(cause.message) for cause in causes)])
