"""Hints for refusals whose text does not say what to do, in addition to the remedy of the error."""

import re

HINTS = (
    (
        r"iam:PassRole|not authorized to pass",
        "The stack passes only the roles of its parameter ModelExecutionRoleArns: add the role there.",
    ),
    (
        r"kms:CreateGrant",
        "The stack may use only the keys of its parameter VolumeKeyArns: add the ARN of the key there, or let the "
        "policy of the key name the stack's roles, which are outputs of the stack.",
    ),
    (
        r"[Mm]odel ?[Pp]ackage\S* \S+ does not exist",
        "The model package was deleted after its approval: approve another version of the group.",
    ),
    (
        r"Could not find endpoint configuration",
        "Another user or tool deleted the config that the endpoint runs, and SageMaker updates no endpoint without it. "
        "Send the last request that succeeded again, which creates the config of that name, then start this one again.",
    ),
    (
        r"status: expected \d+, got 4(06|15)",
        "The container does not know the contentType or the accept of the test.",
    ),
    (
        r"status: expected \d+, got 0\b",
        "The container did not answer within 60 s. Give the variant a larger instance, or make the endpoint "
        "asynchronous.",
    ),
    (
        r"status: expected \d+, got 5\d\d",
        "The container failed. Its log has the error: a body or an accept that its code does not handle is the most "
        "frequent reason.",
    ),
    (
        r"not enough hardware resources",  # huggingface/skills, pull request 215
        "The copies do not fit on the instances: raise MaxInstanceCount of the variant or request less for each copy.",
    ),
    (
        r"Environment variable map cannot be specified",
        "The model package allows no environment variables except its own: remove Environment from the model in the "
        "request, or /model/PrimaryContainer/Environment from the profile; or register the package without an "
        "Environment.",
    ),
)


def hint_of(happened: str) -> str:
    """Return the hint for what happened; empty if there is none."""
    return next((hint for pattern, hint in HINTS if re.search(pattern, happened)), "")
