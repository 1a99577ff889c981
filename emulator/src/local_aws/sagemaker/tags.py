"""AddTags, ListTags and DeleteTags for hosting resources. moto answers for other resources."""

from __future__ import annotations

from typing import Any

from local_aws.core.operations import Request
from local_aws.sagemaker import names
from local_aws.sagemaker.listing import page
from local_aws.sagemaker.names import Backend, ValidationError

MOST_TAGS = 50  # API reference, AddTags

_TAGGED_HERE = (*names.NOUNS, "model-package", "model-package-group")


def stores(arn: str) -> bool:
    """Whether this package stores the resources of the ARN's type."""
    return arn.split(":")[-1].split("/")[0] in _TAGGED_HERE


def resource(backend: Backend, arn: str) -> Any:
    """The resource of that ARN.

    Raises
    ------
    ValidationError
        If there is none.
    """
    resource_type, name = arn.split(":", 5)[-1].split("/", 1)
    if resource_type in names.NOUNS:
        found = names.find(backend, resource_type, name)
    elif resource_type == "model-package":
        found = backend.model_packages.get(arn)
    else:
        found = backend.model_package_groups.get(name.lower())
    if found is None or found.arn != arn:
        raise ValidationError(f"Could not find resource {arn}.")
    return found


def add(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer AddTags. An existing key gets the new value."""
    tagged = resource(backend, request["ResourceArn"])
    merged = {tag["Key"]: tag["Value"] for tag in (*tagged.tags, *request["Tags"])}
    if len(merged) > MOST_TAGS:
        raise ValidationError(f"A resource cannot have more than {MOST_TAGS} tags.")
    tagged.tags = [{"Key": key, "Value": value} for key, value in merged.items()]
    return {"Tags": tagged.tags}


def list_tags(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = page(resource(backend, request["ResourceArn"]).tags, request, MOST_TAGS)
    return {"Tags": found, **token}


def delete(backend: Backend, request: Request) -> dict[str, Any]:
    tagged = resource(backend, request["ResourceArn"])
    tagged.tags = [tag for tag in tagged.tags if tag["Key"] not in request["TagKeys"]]
    return {}


OPERATIONS = {"AddTags": add, "ListTags": list_tags, "DeleteTags": delete}
