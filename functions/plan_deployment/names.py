"""Names of what the plan creates: legal, within SageMaker's 63 characters, the same for the same content."""

import hashlib
import json

from shared.aws import Json

NAME_CHARACTERS = 63
HASH_CHARACTERS = 12


def config_name(endpoint_name: str, config: Json) -> str:
    """Name of the endpoint config with this content, for this endpoint; no two endpoints share one.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    """
    return _named_for_content(endpoint_name, [endpoint_name.lower(), config])


def model_name(group_name: str, model: Json) -> str:
    """Name of the model made from a package of the group.

    Parameters
    ----------
    model : Json
        The body of CreateModel without name and tags; it names the package's version.
    """
    return _named_for_content(group_name, model)


def request_hash(config: Json, scaling: Json | None) -> str:
    """Tells whether two requests for one endpoint ask for the same.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    scaling : Json or None
        How it is to be scaled; None when it is not.
    """
    return _digest([config, scaling])


def policy_name(endpoint_name: str, variant_name: str) -> str:
    """Name of a variant's target-tracking policy."""
    return f"{endpoint_name}-{variant_name}-target-tracking"


def _named_for_content(prefix: str, content: object) -> str:
    # A name may not hold a hyphen at its end, and two in a row read badly in the middle.
    return f"{prefix[: NAME_CHARACTERS - HASH_CHARACTERS - 1].rstrip('-')}-{_digest(content)}"


def _digest(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:HASH_CHARACTERS]
