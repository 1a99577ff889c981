"""Names of what a plan creates: legal, at most SageMaker's 63 characters, and the same for the same content."""

import hashlib
import json
import re
from collections.abc import Sequence

from shared.aws import Json

NAME_CHARACTERS = 63
ALARM_NAME_CHARACTERS = 255
HASH_CHARACTERS = 12
# Beginning of the names of scaling policies and scheduled actions.
OWN_SCALING = "slipway-"
# So that the days and the action fit into the 64 characters of EventBridge Scheduler.
SCHEDULE_ENDPOINT_CHARACTERS, SCHEDULE_HASH_CHARACTERS = 38, 8


def config_name(endpoint_name: str, config: Json, instead_of: str | None = None) -> str:
    """Return the name of the endpoint config with this content, for this endpoint alone.

    The hash covers the endpoint's name in its own case: SageMaker ignores the case of names, so a config of `Churn`
    must not have the name of one of `churn`.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    instead_of : str or None
        The name that it would have otherwise. The same request planned again gets the same name.
    """
    return _named_for_content(endpoint_name, [endpoint_name, config, *([instead_of] if instead_of else [])])


def content_hash(endpoint_name: str, config: Json) -> str:
    """Return a hash of the endpoint's name and the config without the weights of its production variants."""
    variants = [
        {name: value for name, value in variant.items() if name != "InitialVariantWeight"}
        for variant in config["ProductionVariants"]
    ]
    return digest([endpoint_name, config | {"ProductionVariants": variants}])


def config_prefix(endpoint_name: str) -> str:
    """Return the beginning of the names of the endpoint's configs; long names share it."""
    return _prefix(endpoint_name) + "-"


def is_config_name(endpoint_name: str, name: str) -> bool:
    """Whether a config of this name can be the endpoint's, ignoring case."""
    pattern = f"{re.escape(config_prefix(endpoint_name))}[0-9a-f]{{{HASH_CHARACTERS}}}"
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None


def model_name(prefix: str, model: Json, content: object) -> str:
    """Return the name of the model with this content, whatever the endpoint.

    Parameters
    ----------
    prefix : str
        The model's key in the request, or the group of its package.
    model : Json
        The body of CreateModel without name and tags.
    content : object
        JSON that differs if what the body points at has other content, such as when its package was created: a group
        that is created again counts its versions from 1 again.
    """
    return _named_for_content(prefix, [prefix, model, content])


def request_hash(
    config: Json,
    scaling: Json | None,
    alarms: Json | None,
    components: Sequence[object] = (),
    schedule: Json | None = None,
) -> str:
    """Return a hash that is equal for equal requests of one endpoint.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig without name and tags.
    scaling : Json or None
        The scaling; None if there is none.
    alarms : Json or None
        Thresholds of the alarms that are created; None if none are.
    components : sequence of object
        The inference components, as JSON.
    schedule : Json or None
        Hours in which the endpoint exists; None for all hours.
    """
    # Without components and hours, the hash is that of earlier versions, which records have.
    others = [list(components), schedule]
    return digest([config, scaling, alarms, *filter(None, others)])


def is_own_scaling(endpoint_name: str, body: Json) -> bool:
    """Whether a scaling policy or a scheduled action has a name that Slipway gives."""
    if "ScheduledActionName" in body:
        return str(body["ScheduledActionName"]).startswith(OWN_SCALING)
    name, scaled = str(body["PolicyName"]), str(body["ResourceId"]).rsplit("/", 1)[-1]
    return name.startswith(OWN_SCALING) or name == policy_name(endpoint_name, scaled)


def policy_name(endpoint_name: str, variant_name: str) -> str:
    """Return the name of a variant's target-tracking policy."""
    return f"{endpoint_name}-{variant_name}-target-tracking"


def alarm_prefix(stack_name: str, endpoint_name: str) -> str:
    """Return the beginning of the names of all alarms that the stack creates for the endpoint; roles are bound to it.

    It is in lower case, because CloudWatch compares case and SageMaker does not.
    """
    return f"{stack_name}/{endpoint_name.lower()}/"


def alarm_name(prefix: str, variant_name: str, config_name: str | None, what: str) -> str:
    """Return the name of a variant's alarm; one that is too long for CloudWatch ends in a hash.

    Parameters
    ----------
    config_name : str or None
        The config that it is limited to; None for any live config.
    what : str
        What it monitors, such as ``server-errors``.
    """
    rest = "/".join(filter(None, (variant_name, config_name, what)))
    room = ALARM_NAME_CHARACTERS - len(prefix)
    return prefix + (rest if len(rest) <= room else f"{rest[: room - HASH_CHARACTERS - 1]}-{digest(rest)}")


def schedule_name(endpoint_name: str, days: str, action: str) -> str:
    """Return the name of a schedule of the endpoint, at most 64 characters.

    It is in lower case, because SageMaker ignores the case of the endpoint's name.

    Parameters
    ----------
    days, action : str
        The days of the schedule, and what it does.
    """
    name = endpoint_name.lower()
    cut = name[:SCHEDULE_ENDPOINT_CHARACTERS].rstrip("-")
    return f"{cut}-{digest(name)[:SCHEDULE_HASH_CHARACTERS]}-{days}-{action}"


def digest(content: object) -> str:
    """Return a hash of a JSON document, whatever the order of its members: twelve hexadecimal digits."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:HASH_CHARACTERS]


def _named_for_content(prefix: str, content: object) -> str:
    return f"{_prefix(prefix)}-{digest(content)}"


def _prefix(text: str) -> str:
    # A name cannot end in a hyphen, and two in a row are hard to read.
    return text[: NAME_CHARACTERS - HASH_CHARACTERS - 1].rstrip("-")
