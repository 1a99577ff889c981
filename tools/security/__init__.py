"""Static security checks of the transformed template, by checkov and by cdk-nag.

Each finding is fixed, or is in `exceptions.toml` with its reason; an exception without a finding is stale.
"""
