"""Fields of a request that several rules check: its variants, with their JSON pointers."""

from collections.abc import Iterator

from shared.aws import Json

PRODUCTION = "productionVariants"
SHADOW = "shadowProductionVariants"


def production_variants(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each production variant; skip what is not an object."""
    return _variants(request, PRODUCTION)


def every_variant(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each production variant, then of the shadow variants."""
    yield from production_variants(request)
    yield from _variants(request, SHADOW)


def runs_serverless(variant: Json) -> bool:
    """Whether a variant of a request has no instances of its own."""
    return "ServerlessConfig" in variant


def _variants(request: Json, field: str) -> Iterator[tuple[str, Json]]:
    for index, variant in enumerate(request.get(field) or []):
        if isinstance(variant, dict):
            yield f"/{field}/{index}", variant
