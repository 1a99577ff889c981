"""Members of a JSON object, each checked when it is read. A fault names the member by its JSON pointer."""

from __future__ import annotations

from typing import Any

from local_aws.core.control import BadControlRequestError

_MISSING = object()


def fault(pointer: str, problem: str) -> BadControlRequestError:
    """The refusal of the value at `pointer`."""
    return BadControlRequestError(f"{pointer or '/'}: {problem}")


class Members:
    """The members of an object.

    Attributes
    ----------
    pointer : str
        The object's JSON pointer, empty for the body.

    Raises
    ------
    BadControlRequestError
        If the value is not an object, or has a member that is not in `known`. All methods raise it for a missing
        or an invalid member.
    """

    def __init__(self, value: Any, pointer: str, known: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            raise fault(pointer, f"{value!r} is not an object with the members {', '.join(known)}")
        for name in value:
            if name not in known:
                raise fault(f"{pointer}/{name}", f"unknown member. Use: {', '.join(known)}")
        self._value: dict[str, Any] = value
        self.pointer = pointer

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def at(self, name: str) -> str:
        """The JSON pointer of a member."""
        return f"{self.pointer}/{name}"

    def get(self, name: str, default: Any = _MISSING) -> Any:
        """The member, of any type."""
        found = self._value.get(name, default)
        if found is _MISSING:
            raise fault(self.at(name), "missing; the member is required")
        return found

    def number(self, name: str, default: Any = _MISSING, *, above: float | None = None) -> float:
        """The number; 0 or more, unless it must be above `above`."""
        found = self.get(name, default)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        if not is_number or (found < 0 if above is None else found <= above):
            raise fault(
                self.at(name), f"{found!r} is not a number {'0 or more' if above is None else f'above {above}'}"
            )
        return float(found)

    def text(self, name: str, default: Any = _MISSING) -> str:
        """The text, not empty."""
        found = self.get(name, default)
        if not isinstance(found, str) or not found:
            raise fault(self.at(name), f"{found!r} is not a text")
        return found

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """The text, one of `choices`."""
        found = self.get(name, default)
        if found not in choices:
            raise fault(self.at(name), f"{found!r} is not one of {', '.join(choices)}")
        return str(found)

    def objects(self, name: str, known: tuple[str, ...]) -> dict[str, Members]:
        """The objects of a map, by name; empty if the member is missing."""
        found = self.get(name, {})
        if not isinstance(found, dict):
            raise fault(self.at(name), f"{found!r} is not an object of objects by name")
        return {key: Members(value, f"{self.at(name)}/{key}", known) for key, value in found.items()}
