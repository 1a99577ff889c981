from collections.abc import Iterator

import pytest

from emulator.local_aws import LocalAws
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack


@pytest.fixture(scope="session")
def deployed() -> Iterator[Slipway]:
    """The real template, put by the real `sam deploy` on an emulator where no other tests' endpoints are."""
    with LocalAws() as aws:
        stack.make_model_role(aws)
        yield Slipway(aws, stack.deploy(aws))


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
