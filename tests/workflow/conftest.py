from collections.abc import Iterator

import pytest

from emulator.local_aws import LocalAws
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack


@pytest.fixture(scope="session")
def deployed(local_aws: LocalAws) -> Slipway:
    """The real template on the emulator, put there by the real `sam deploy`."""
    stack.make_model_role(local_aws)
    return Slipway(local_aws, stack.deploy(local_aws))


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application; faults that a test injects end with the test."""
    yield deployed
    deployed.aws.delete("faults")


@pytest.fixture
def request_for():  # type: ignore[no-untyped-def]
    """A function that makes the field's original payload for an endpoint of its own."""

    def make(endpoint_name: str, **changes: object) -> dict[str, object]:
        return {**project.event("deploy_endpoint"), "endpointName": endpoint_name, **changes}

    return make
