"""Policies that say no version, as SAM's policy templates do.

IAM takes them for version 2008-10-17 (IAM user guide, JSON policy elements: Version); moto refuses them.
"""

from __future__ import annotations

from moto.iam.policy_validation import BaseIAMPolicyValidator


def install() -> None:
    """Let a policy leave its version out."""

    def validate_version(validator: BaseIAMPolicyValidator) -> None:
        assert validator._policy_json.get("Version", "2012-10-17") == "2012-10-17"

    BaseIAMPolicyValidator._validate_version = validate_version
