"""Names of what the plan creates: legal, within SageMaker's 63 characters, the same for the same content."""

import hashlib
import json
import re

from shared.aws import Json

NAME_CHARACTERS = 63
ALARM_NAME_CHARACTERS = 255
HASH_CHARACTERS = 12


def config_name(endpoint_name: str, config: Json, instead_of: str | None = None) -> str:
    """Name of the endpoint config with this content, for this endpoint; no two endpoints share one.

    The hash covers the endpoint's name as it is written: names that differ only in case are one name for SageMaker, so
    a config of `Churn` must not be taken for one of `churn`.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    instead_of : str or None
        The name that it would have, but cannot; the same request planned again comes to the same name.
    """
    return _named_for_content(endpoint_name, [endpoint_name, config, *([instead_of] if instead_of else [])])


def content_hash(endpoint_name: str, config: Json) -> str:
    """Tells configs apart by their endpoint and content, but for the weights of production variants."""
    variants = [
        {name: value for name, value in variant.items() if name != "InitialVariantWeight"}
        for variant in config["ProductionVariants"]
    ]
    return digest([endpoint_name, config | {"ProductionVariants": variants}])


def config_prefix(endpoint_name: str) -> str:
    """Beginning of the names of the endpoint's configs; names that are cut share it."""
    return _prefix(endpoint_name) + "-"


def is_config_name(endpoint_name: str, name: str) -> bool:
    """Whether a config of this name can have been made for the endpoint, whichever case that was written in."""
    pattern = f"{re.escape(config_prefix(endpoint_name))}[0-9a-f]{{{HASH_CHARACTERS}}}"
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None


def model_name(group_name: str, model: Json, package_created_at: str) -> str:
    """Name of the model made from a package of the group.

    Parameters
    ----------
    model : Json
        The body of CreateModel without name and tags; it names the package's version.
    package_created_at : str
        When the package was created: a group that is deleted and created again counts its versions from 1 again.
    """
    return _named_for_content(group_name, [group_name, model, package_created_at])


def request_hash(config: Json, scaling: Json | None, alarms: Json | None) -> str:
    """Tells whether two requests for one endpoint ask for the same.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    scaling : Json or None
        How it is to be scaled; None when it is not.
    alarms : Json or None
        When the alarms that are made go off; None when none are.
    """
    return digest([config, scaling, alarms])


def policy_name(endpoint_name: str, variant_name: str) -> str:
    """Name of a variant's target-tracking policy."""
    return f"{endpoint_name}-{variant_name}-target-tracking"


def alarm_prefix(stack_name: str, endpoint_name: str) -> str:
    """Beginning of the names of all alarms that the stack makes for the endpoint; roles are bound to it.

    In lower case, because CloudWatch compares case and SageMaker does not: the alarms of `Churn` are found for `churn`.
    """
    return f"{stack_name}/{endpoint_name.lower()}/"


def alarm_name(prefix: str, variant_name: str, config_name: str | None, what: str) -> str:
    """Name of a variant's alarm; one that CloudWatch would find too long ends in a hash instead.

    Parameters
    ----------
    config_name : str or None
        The config that it looks at; None where it looks at any.
    what : str
        What it looks at, such as ``server-errors``.
    """
    rest = "/".join(filter(None, (variant_name, config_name, what)))
    room = ALARM_NAME_CHARACTERS - len(prefix)
    return prefix + (rest if len(rest) <= room else f"{rest[: room - HASH_CHARACTERS - 1]}-{digest(rest)}")


def digest(content: object) -> str:
    """Twelve hexadecimal digits that tell JSON documents apart, whatever the order of their members."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:HASH_CHARACTERS]


def _named_for_content(prefix: str, content: object) -> str:
    return f"{_prefix(prefix)}-{digest(content)}"


def _prefix(text: str) -> str:
    # A name may not hold a hyphen at its end, and two in a row read badly in the middle.
    return text[: NAME_CHARACTERS - HASH_CHARACTERS - 1].rstrip("-")
