"""Specifications of inference components: as DescribeInferenceComponent shows them, and as a request has them."""

from typing import Any

from shared.aws import Json
from shared.planning.names import digest

BASE = "BaseInferenceComponentName"
# Members that SageMaker may fill in if a request leaves them out (SageMaker API reference: they have no defaults).
FILLED_IN = frozenset({"StartupParameters", "SchedulingConfig", "DataCacheConfig"})


def content_of(body: Json) -> Json:
    """Return ``Specification`` or ``Specifications`` in the form of a request.

    Parameters
    ----------
    body : Json
        DescribeInferenceComponent's answer, or a request that creates or updates the component.
    """
    if "Specifications" in body:
        return {"Specifications": [_requested_form(each) for each in body["Specifications"]]}
    return {"Specification": _requested_form(body["Specification"])} if "Specification" in body else {}


def content_hash(body: Json) -> str:
    """Return a hash of the content: equal for equal content."""
    return digest(_by_type(body))


def has(body: Json, requested: Json) -> bool:
    """Whether every requested member of the content is as in the body. Members that only the body has do not count."""
    there, wanted = _by_type(body), _by_type(requested)
    return not wanted or (there.keys() == wanted.keys() and _contains(there, wanted))


def is_same(body: Json, requested: Json) -> bool:
    """Whether the body has the requested content and no other member, except those that SageMaker may fill in."""
    there, wanted = ({each: _own_of(one) for each, one in _by_type(of).items()} for of in (body, requested))
    return has(body, requested) and _contains(wanted, there)


def _requested_form(specification: Json) -> Json:
    """Return the specification; Describe shows the image as the one that was specified and the one in use."""
    if "DeployedImage" not in specification.get("Container", {}):
        return specification
    container = dict(specification["Container"])
    image = container.pop("DeployedImage").get("SpecifiedImage")
    return specification | {"Container": container | ({"Image": image} if image else {})}


def _by_type(body: Json) -> dict[str, Json]:
    """Return the specifications by instance type, "" for any: their order means nothing."""
    content = content_of(body)
    specifications = content.get("Specifications") or list(content.values())
    return {each.get("InstanceType", ""): _without_case(each) for each in specifications}


def _without_case(specification: Json) -> Json:
    """Return the specification with the name of its base in lower case: SageMaker ignores the case of names."""
    return specification | {BASE: specification[BASE].lower()} if BASE in specification else specification


def _own_of(specification: Json) -> Json:
    return {name: value for name, value in specification.items() if name not in FILLED_IN}


def _contains(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return all(_contains((there or {}).get(name), value) for name, value in wanted.items())
    return bool(there == wanted)
