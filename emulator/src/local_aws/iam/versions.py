"""Policies without a version, such as SAM's policy templates.

IAM treats them as version 2008-10-17 (IAM user guide, JSON policy elements: Version). moto refuses them.
"""

from __future__ import annotations

from moto.iam.policy_validation import BaseIAMPolicyValidator


def install() -> None:
    """Accept policies without a version."""

    def validate_version(validator: BaseIAMPolicyValidator) -> None:
        assert validator._policy_json.get("Version", "2012-10-17") == "2012-10-17"

    BaseIAMPolicyValidator._validate_version = validate_version
