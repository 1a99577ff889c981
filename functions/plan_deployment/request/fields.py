"""Fields of a request that several rules check: its variants and inference components, with their JSON pointers."""

from collections.abc import Iterable, Iterator

from shared.aws import Json
from shared.planning.faults import Fault

PRODUCTION = "productionVariants"
SHADOW = "shadowProductionVariants"
COMPONENTS = "inferenceComponents"


def production_variants(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each production variant; skip what is not an object."""
    return _objects(request, PRODUCTION)


def every_variant(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each production variant, then of the shadow variants."""
    yield from production_variants(request)
    yield from _objects(request, SHADOW)


def components(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each inference component; skip what is not an object."""
    return _objects(request, COMPONENTS)


def specifications(pointer: str, component: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each specification of a component; skip what is not an object."""
    found = {f"/Specifications/{index}": each for index, each in enumerate(component.get("Specifications") or [])}
    for place, each in {"/Specification": component.get("Specification"), **found}.items():
        if isinstance(each, dict):
            yield pointer + place, each


def runs_serverless(variant: Json) -> bool:
    """Whether a variant of a request has no instances of its own."""
    return "ServerlessConfig" in variant


def repeated_names(named: Iterable[tuple[str, Json]], member: str, kind: str) -> Iterator[Fault]:
    """Yield a fault for each object whose name another one has already.

    Parameters
    ----------
    named : iterable of str and Json
        JSON pointer and content of each object.
    member : str
        The member with the name.
    kind : str
        What the objects are, for the remedy: ``variant``.
    """
    seen: dict[str, str] = {}
    for pointer, each in named:
        name = each.get(member)
        if name is not None and seen.setdefault(name, pointer) != pointer:
            problem = f'"{name}" is already the name of {seen[name]}'
            yield Fault(f"{pointer}/{member}", problem, f"Give every {kind} a name of its own")


def _objects(request: Json, field: str) -> Iterator[tuple[str, Json]]:
    for index, each in enumerate(request.get(field) or []):
        if isinstance(each, dict):
            yield f"/{field}/{index}", each
