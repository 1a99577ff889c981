"""AWS prices in us-east-1, in dollars, from the pricing pages of June 2026, without free tiers.

Step Functions (Standard), Lambda (arm64) and SNS: https://aws.amazon.com/<service>/pricing/
"""

STATE_TRANSITION = 0.025 / 1000  # "each time a step of your workflow is executed", retries included
LAMBDA_REQUEST = 0.20 / 1_000_000
LAMBDA_GB_SECOND = 0.0000133334
SNS_PUBLISH = 0.50 / 1_000_000
SNS_EMAIL = 2.00 / 100_000

LAMBDA_GB = 0.5  # MemorySize in template.yaml
# Assumed, not measured on AWS. Both are on the high side.
LAMBDA_WARM_SECONDS = 0.3
LAMBDA_COLD_SECONDS = 1.5
