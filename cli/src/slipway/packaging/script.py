"""The check of an inference script against its container's rules, without running the script."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from slipway.packaging.faults import Fault
from slipway.packaging.frameworks import HANDLERS, HOOKS, Framework

PARTS_OF_TRANSFORM = ("input_fn", "predict_fn", "output_fn")
ALIKE = 0.85  # `predict_func` is close to predict_fn, `predict` is not


@dataclass(frozen=True)
class Definition:
    """A name at the top level of a script.

    Attributes
    ----------
    function : ast node or None
        Its function; None if the parameters cannot be read, as for an import or a decorated function.
    """

    name: str
    line: int
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None


def check(source: str, path: str, framework: Framework) -> tuple[list[str], list[Fault]]:
    """Return the hooks that the script defines and the faults that its container would fail on.

    Parameters
    ----------
    source : str
        Text of the script.
    path : str
        Place of the script, for the faults.
    framework : Framework
        Framework whose container runs the script.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        line = getattr(error, "lineno", None) or 0
        return [], [Fault(path, line, f"the script is not valid Python: {error.args[0]}", "Correct the syntax")]
    defined = {each.name: each for each in _definitions(tree.body)}
    found = [name for name in framework.hooks if name in defined]
    faults = [fault for name in found for fault in _parameters(defined[name], path, framework)]
    if not _imports_everything(tree):
        faults += _missing(defined, path, framework)
        faults += _misspelled(defined, path, framework)
    faults += _excluded(defined, path)
    return found, sorted(faults)


def _definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    """Names that the statements define, also inside `if`, `try` and `with`."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Definition(statement.name, statement.lineno, None if statement.decorator_list else statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            yield from _assigned(statement)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (Definition(each.asname or each.name, statement.lineno, None) for each in statement.names)
        else:
            for inner in ("body", "orelse", "finalbody"):
                if not isinstance(statement, ast.ClassDef):
                    yield from _definitions(getattr(statement, inner, []))
            for handler in getattr(statement, "handlers", []):
                yield from _definitions(handler.body)


def _assigned(statement: ast.Assign | ast.AnnAssign) -> Iterator[Definition]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    function = statement.value if isinstance(statement.value, ast.Lambda) else None
    for target in targets:
        if isinstance(target, ast.Name):
            yield Definition(target.id, statement.lineno, function)


def _imports_everything(tree: ast.Module) -> bool:
    return any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in tree.body)


def _parameters(defined: Definition, path: str, framework: Framework) -> Iterator[Fault]:
    """Faults of a hook's signature."""
    function, names = defined.function, framework.hooks[defined.name]
    if function is None:
        return
    if isinstance(function, ast.AsyncFunctionDef):
        yield Fault(path, defined.line, f"{defined.name} is async, and the container does not await it", "Use def")
    signature = f"{defined.name}({', '.join(names)})"
    given = function.args
    if given.vararg or given.kwarg or given.kwonlyargs:
        message = f"{defined.name} has *args, **kwargs or keyword-only parameters, and containers count parameters"
        yield Fault(path, defined.line, message, f"Write {signature}")
        return
    most = len(given.posonlyargs) + len(given.args)
    least = most - len(given.defaults)
    if not _callable_with(len(names), least, most, framework):
        message = f"{defined.name} has {_count(most)}, and the container calls {signature}"
        context = f", or add one parameter for the context: {len(names) + 1}" if framework.passes_context else ""
        yield Fault(path, defined.line, message, f"Use {_count(len(names))}{context}")


def _callable_with(arguments: int, least: int, most: int, framework: Framework) -> bool:
    """Whether the container can call a function that takes `least` to `most` positional arguments."""
    if framework.passes_context:  # the toolkit counts all parameters, those with a default included
        return most in (arguments, arguments + 1)
    return least <= arguments <= most


def _count(number: int) -> str:
    return "1 parameter" if number == 1 else f"{number} parameters"


def _missing(defined: dict[str, Definition], path: str, framework: Framework) -> Iterator[Fault]:
    """Faults of required functions that the script does not define."""
    if framework.hooks is HANDLERS:
        if "handler" not in defined and not {"input_handler", "output_handler"} <= defined.keys():
            others = " (it does not call model_fn, input_fn, predict_fn or output_fn)" * bool(HOOKS.keys() & defined)
            message = f"{framework.title}'s container finds no handler{others}"
            yield Fault(path, 0, message, "Define handler, or both input_handler and output_handler")
    elif framework.needs_model_fn and "model_fn" not in defined:
        message = f"model_fn is missing, and {framework.title}'s container has no default for it"
        yield Fault(path, 0, message, "Define model_fn(model_dir) that loads and returns the model")


def _misspelled(defined: dict[str, Definition], path: str, framework: Framework) -> Iterator[Fault]:
    """Faults of functions whose names are close to that of a hook which the script does not define."""
    missing = [name for name in framework.hooks if name not in defined]
    for each in defined.values():
        close = difflib.get_close_matches(each.name, missing, n=1, cutoff=ALIKE)
        if close and each.name not in framework.hooks:
            yield Fault(path, each.line, f"the container never calls {each.name}", f"Rename it to {close[0]}")


def _excluded(defined: dict[str, Definition], path: str) -> Iterator[Fault]:
    """Fault of a `transform_fn` beside one of the hooks that it replaces."""
    beside = [name for name in PARTS_OF_TRANSFORM if name in defined]
    if "transform_fn" in defined and beside:
        message = f"transform_fn is defined beside {', '.join(beside)}, and the container refuses to start"
        yield Fault(path, defined["transform_fn"].line, message, "Remove transform_fn or the others")
