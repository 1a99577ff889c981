from collections.abc import Iterator

import pytest

from emulator.local_aws import LocalAws


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """The emulator, one process for all tests of a worker; a test names what it creates so that no other test meets it."""
    with LocalAws() as running:
        yield running
