"""Bodies of CreateModel: the container of a package, the role, and the name that the content gives a model."""

from collections.abc import Sequence

from shared.aws import Json
from shared.planning.names import model_name


def package_container(package_arn: str, members: Json) -> Json:
    """Return the container of a model package with more members of a request.

    SageMaker merges Environment with the package's own. It refuses some members that both have, even if one is empty.
    """
    return {name: value for name, value in members.items() if value != {}} | {"ModelPackageName": package_arn}


def with_name(prefix: str, body: Json, content: object) -> Json:
    """Return the body of CreateModel with its name.

    Parameters
    ----------
    prefix : str
        Beginning of the name.
    content : object
        JSON that differs if what the body points at has other content.
    """
    return {"ModelName": model_name(prefix, body, content)} | body


def default_role(role_arns: Sequence[str]) -> str:
    """Return the execution role of models that name none; empty if the stack has no roles for models."""
    return role_arns[0] if role_arns else ""
