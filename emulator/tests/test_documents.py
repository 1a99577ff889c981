"""README.md and COVERAGE.md describe what exists."""

import re
from pathlib import Path

import local_aws
from local_aws.cloudformation import nested, resources

ROOT = Path(__file__).parents[1]
ROUTE = re.compile(r'^@(?:control\.)?route\("([A-Z]+)", "([^"]+)"\)$', re.MULTILINE)


def test_every_control_route_is_described_and_no_other() -> None:
    sources = [path.read_text() for path in Path(local_aws.__file__).parent.rglob("*.py")]
    routes = {f"{method} /_emulator/{path}" for source in sources for method, path in ROUTE.findall(source)}

    described = re.findall(r"^\| `([A-Z]+ /_emulator/[^`]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert sorted(described) == sorted(routes)


def test_the_coverage_page_names_every_resource_type_that_can_be_deployed() -> None:
    text = (ROOT / "coverage" / "cloudformation.md").read_text()
    (named,) = re.findall(r"^Modelled types: (.+)\.$", text, re.MULTILINE)

    assert set(re.findall(r"`(.+?)`", named)) == resources.names() | set(nested.TYPES)
