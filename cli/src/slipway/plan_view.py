"""A plan for people: a table as of Terraform's plan, and the same in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

SIGNS = {"create": "+", "register": "+", "update": "~", "replace": "±", "delete": "-", "deregister": "-", "keep": "="}
WIDTH_FOR_STATES = 100
STYLES = {"+": "green", "~": "yellow", "±": "yellow", "-": "red", "=": "dim"}
EXISTING = {"scalableTargets": "scalable target", "alarms": "alarm"}
# Deleted with their scalable target, without a step of their own.
OF_TARGETS = {"scalingPolicies": "policy", "scheduledActions": "scheduled action"}


@dataclass(frozen=True)
class Row:
    """A resource of the plan, what happens to it, and the state that does it; "" if nothing happens."""

    action: str
    what: str
    state: str

    @property
    def sign(self) -> str:
        """Sign of the action."""
        return SIGNS.get(self.action, "~")


@dataclass(frozen=True)
class RowTable:
    """The rows as a table, without the states on a narrow terminal: names of resources are long words."""

    rows: list[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        has_states = options.max_width >= WIDTH_FOR_STATES
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("", "action", "resource", *(["state"] if has_states else [])):
            table.add_column(column, overflow="fold")
        for row in self.rows:
            cells = (row.sign, row.action, row.what, *([row.state] if has_states else []))
            table.add_row(*cells, style=STYLES[row.sign])
        yield table


def rows(report: dict[str, Any]) -> list[Row]:
    """Return the steps of a plan, then the existing resources that it keeps."""
    steps = [Row(step["action"], step["what"], step["state"]) for step in report["steps"]]
    deregisters = any(row.action == "deregister" for row in steps)
    kinds = EXISTING if deregisters else EXISTING | OF_TARGETS
    kept = [
        Row("keep", f"{kind} {name}", "")
        for member, kind in kinds.items()
        for name in report["exists"].get(member, [])
        if not any(name in row.what for row in steps)
    ]
    return [*_with_replacements(_with_updates(steps, report["exists"])), *kept]


def _with_updates(steps: list[Row], exists: dict[str, Any]) -> list[Row]:
    """Return the steps, with a resource that exists and is registered again marked as updated."""
    existing = {f"{kind} {name}" for member, kind in (EXISTING | OF_TARGETS).items() for name in exists.get(member, [])}
    return [
        Row("update", row.what, row.state) if row.action == "register" and _named(row.what) & existing else row
        for row in steps
    ]


def _named(what: str) -> set[str]:
    """Return the kind and the name with which the text begins; a kind has one word or two."""
    words = what.split()
    return {" ".join(words[:count]) for count in (2, 3)}


def _with_replacements(steps: list[Row]) -> list[Row]:
    """Return the steps, with a resource that is deleted and created again marked as replaced."""
    by_what = Counter(row.what for row in steps)
    return [Row("replace", row.what, row.state) if by_what[row.what] > 1 and row.sign in "+-" else row for row in steps]


def text(report: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield the plan for a terminal."""
    yield Text(f"{report['endpointName']}: {existing(report)}")
    found = rows(report)
    if found:
        yield RowTable(found)
    yield Text(summary(report))
    yield from (Text(f"Test {test}") for test in tests(report))
    yield from (Text(f"Scaling of {scaled}") for scaled in scaling(report))
    yield from (Text(f"Schedule: {hours}") for hours in schedule(report))
    yield from (Text(f"Warning: {warning}", style="yellow") for warning in report["warnings"])
    if report["planHash"]:
        yield Text(f"Plan {report['planHash']}")


def markdown(report: dict[str, Any]) -> str:
    """Return the plan as Markdown, for a comment on a change."""
    lines = [f"### Plan for endpoint `{report['endpointName']}`", "", f"Now: {existing(report)}", ""]
    found = rows(report)
    if found:
        lines += ["| | Action | Resource | State |", "| --- | --- | --- | --- |"]
        lines += [f"| `{row.sign}` | {row.action} | {_cell(row.what)} | {row.state} |" for row in found]
        lines.append("")
    lines.append(summary(report))
    if listed := tests(report):
        lines += ["", "**Tests**", "", *(f"- {test}" for test in listed)]
    if described := scaling(report):
        lines += ["", "**Scaling**", "", *(f"- {scaled}" for scaled in described)]
    if hours := schedule(report):
        lines += ["", "**Schedule**", "", *(f"- {each}" for each in hours)]
    if report["warnings"]:
        lines += ["", "**Warnings**", "", *(f"- {warning}" for warning in report["warnings"])]
    if report["planHash"]:
        lines += ["", f"Plan hash: `{report['planHash']}`"]
    return "\n".join(lines)


def tests(report: dict[str, Any]) -> list[str]:
    """Return the tests that the endpoint must pass, each with its variants or components, if it has any."""
    targets = {each["name"]: each.get("components") or each["variants"] for each in report.get("tests", [])}
    return [": ".join(filter(None, (name, ", ".join(of_test)))) for name, of_test in targets.items()]


def scaling(report: dict[str, Any]) -> list[str]:
    """Return what each scaled variant or component will do; there is none while the endpoint changes."""
    scaled = report.get("scaling", {}).get("resources", [])
    return [f"{each['name']}: {each['sentence']}" for each in scaled]


def schedule(report: dict[str, Any]) -> list[str]:
    """Return the hours in which the endpoint exists; there are none without `schedule`, and while it changes."""
    sentence = report.get("schedule", {}).get("sentence")
    return [sentence] if sentence else []


def summary(report: dict[str, Any]) -> str:
    """Return how many resources are created, updated and so on, as a sentence."""
    if not report["steps"]:
        return "Nothing would be changed."
    counts = Counter(row.sign for row in rows(report))
    words = {"+": "to create", "~": "to update", "-": "to delete"}
    return ", ".join(f"{counts[sign]} {word}" for sign, word in words.items()) + "."


def existing(report: dict[str, Any]) -> str:
    """Return what exists of the endpoint now."""
    endpoint = report["exists"]["endpoint"]
    if endpoint is None:
        return "does not exist"
    variants = ", ".join(
        f"{variant['variantName']} × {variant['instanceCount']}"
        if "instanceCount" in variant
        else variant["variantName"]
        for variant in endpoint["variants"]
    )
    return f"{endpoint['status']} on config {endpoint['endpointConfigName']} ({variants})"


def _cell(value: str) -> str:
    return value.replace("|", "\\|")
