"""Rules on the tags of a request. See `variant_rules` for what a rule is."""

import json
from collections.abc import Iterator

from shared.aws import Json
from shared.planning.faults import Fault
from shared.tags import ALLOWED, refused_characters

RESERVED_PREFIXES = ("aws:", "slipway:")


def keys_are_unique_and_not_reserved(request: Json) -> Iterator[Fault]:
    seen = set()
    for index, tag in enumerate(request.get("tags") or []):
        key = (tag or {}).get("Key")
        if key is None:
            continue
        if key.lower().startswith(RESERVED_PREFIXES):
            yield Fault(f"/tags/{index}/Key", f'"{key}" is reserved', "Choose another key")
        if key in seen:
            yield Fault(f"/tags/{index}/Key", f'"{key}" occurs twice', "Keep one value for each key")
        seen.add(key)


def characters_are_allowed(request: Json) -> Iterator[Fault]:
    for index, tag in enumerate(request.get("tags") or []):
        for member, text in (tag or {}).items():
            refused = refused_characters(text) if isinstance(text, str) else []
            if refused:
                problem = f"contains {json.dumps(''.join(refused), ensure_ascii=False)}; a tag can contain {ALLOWED}"
                yield Fault(f"/tags/{index}/{member}", problem, "Remove the other characters")


RULES = (keys_are_unique_and_not_reserved, characters_are_allowed)
