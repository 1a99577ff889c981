"""COVERAGE.md names what is modelled."""

import re
from pathlib import Path

from local_aws.cloudformation import nested, resources

COVERAGE = Path(__file__).parents[1] / "coverage"


def test_the_coverage_page_names_every_resource_type_that_can_be_deployed() -> None:
    (named,) = re.findall(r"^Modelled types: (.+)\.$", (COVERAGE / "cloudformation.md").read_text(), re.MULTILINE)

    assert set(re.findall(r"`(.+?)`", named)) == resources.names() | set(nested.TYPES)
