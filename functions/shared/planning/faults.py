"""Faults of a request, and the message that lists them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# Step Functions shows 32 KiB of a cause; a person reads less.
MESSAGE_CHARACTERS = 3600


@dataclass(frozen=True, order=True)
class Fault:
    """A fault of a request.

    Attributes
    ----------
    pointer : str
        JSON pointer (RFC 6901) of the field; "" for the whole request.
    problem : str
        What is expected, and what the request has instead; no full stop.
    remedy : str
        What to do; no full stop.
    """

    pointer: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        stop = "" if self.remedy.endswith("?") else "."
        return f"{self.pointer or '(the whole)'}: {self.problem}. {self.remedy}{stop}"


def pointer_to(path: Sequence[str | int]) -> str:
    """Return the JSON pointer of a path of member names and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


MISSING = "is missing"


def of_another_machine(faults: Iterable[Fault], fields: Iterable[str], what: str, machine: str) -> list[Fault]:
    """Return the faults, with another remedy for fields that belong to the request of another state machine.

    If the request has such fields, fields that it lacks are not reported.

    Parameters
    ----------
    what : str
        What the other state machine does, such as "a removal".
    machine : str
        The output of the stack with its ARN.
    """
    pointers = {pointer_to([field]) for field in fields}
    problem, remedy = f"is a field of {what}", f"For {what}, start the state machine in the stack output {machine}"
    found = list(faults)
    if not any(each.pointer in pointers for each in found):
        return found
    return [
        replace(each, problem=problem, remedy=remedy) if each.pointer in pointers else each
        for each in found
        if each.problem != MISSING
    ]


def message(subject: str, faults: Sequence[Fault]) -> str:
    """Return all faults, one a line, in the order of their pointers; shortened to what a person reads.

    Parameters
    ----------
    subject : str
        What has the faults, such as "The request".
    """
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = [f"{subject} has {count}:"]
    room = MESSAGE_CHARACTERS
    for number, fault in enumerate(sorted(faults)):
        line = f"- {fault}"
        room -= len(line) + 1
        if room < 0 and number:
            lines.append(f"- and {len(faults) - number} more")
            break
        lines.append(line)
    return "\n".join(lines)
