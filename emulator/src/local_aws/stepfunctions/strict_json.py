"""JSON as AWS parses it: Python also accepts `NaN`, `Infinity` and numbers beyond a double."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def loads(text: str) -> Any:
    """Parse the text.

    Raises
    ------
    json.JSONDecodeError
        If AWS refuses it.
    """

    def refuse(token: str) -> NoReturn:
        raise json.JSONDecodeError(f"Non-standard token '{token}'", text, text.find(token))

    def number(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else refuse(digits)

    return json.loads(text, parse_constant=refuse, parse_float=number)
