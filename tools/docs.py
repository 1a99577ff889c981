"""`make docs`: regenerate the generated parts of the documents; `--check` lists the stale parts and changes nothing.

A generated part is enclosed in `<!-- generated: NAME -->` and `<!-- end of generated -->`; see `tools/parts.py`.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.parts import parts
from tools.stack import ROOT

PART = re.compile(r"<!-- generated: (?P<name>[^>]+) -->\n(?P<text>.*?)<!-- end of generated -->", re.DOTALL)
Makers = Callable[[Path], Mapping[str, Callable[[], str]]]
REMEDY = "Run `make docs` and commit its changes."


class UnknownPartError(ValueError):
    """An unknown part; the message names it."""


@dataclass(frozen=True)
class Stale:
    """A part of a document that is out of date."""

    document: Path
    part: str
    written: str
    made: str

    def diff(self) -> str:
        """Changes that `make docs` would make, as a diff."""
        lines = difflib.unified_diff(self.written.splitlines(), self.made.splitlines(), n=1, lineterm="")
        return "\n".join(f"  {line}" for line in lines if not line.startswith(("---", "+++")))


def documents(root: Path = ROOT) -> list[Path]:
    """Files that can have generated parts."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md")), root / "emulator" / "COVERAGE.md"]


def stale(files: Iterable[Path], makers_for: Makers, only: Iterable[str] = ()) -> Iterator[Stale]:
    """Parts of the files that are out of date; only the parts named in `only`, if any.

    Raises
    ------
    UnknownPartError
        If a file or `only` names an unknown part.
    """
    makers = {file: makers_for(file) for file in files}
    known = list(dict.fromkeys(name for each in makers.values() for name in each))
    wanted = set(only) or set(known)
    for name in wanted.difference(known):
        raise UnknownPartError(f'unknown part "{name}"; the parts are: {", ".join(known)}')
    for file, makers_of_file in makers.items():
        for found in PART.finditer(file.read_text()):
            if found["name"] not in makers_of_file:
                raise UnknownPartError(f'{file}: unknown part "{found["name"]}"')
            if found["name"] in wanted:
                made = makers_of_file[found["name"]]() + "\n"
                if made != found["text"]:
                    yield Stale(file, found["name"], found["text"], made)


def write(found: Stale) -> None:
    """Replace the part in its document."""
    begin = f"<!-- generated: {found.part} -->\n"
    text = found.document.read_text()
    found.document.write_text(text.replace(begin + found.written, begin + found.made))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these parts (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a part is stale")
    arguments = parser.parse_args()
    any_stale = False
    for found in stale(documents(), parts, arguments.parts):
        any_stale = True
        state = "is stale" if arguments.check else "was regenerated"
        print(f'{found.document.relative_to(ROOT)}: part "{found.part}" {state}')
        if arguments.check:
            print(found.diff())
        else:
            write(found)
    if arguments.check and any_stale:
        print(REMEDY, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
