from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.deployment import OWNER, Slipway, deployment

# What a test claims does not hang on how busy the machine is.
settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")


@pytest.fixture(scope="session")
def deployed() -> Iterator[Slipway]:
    """The real template, put by the real `sam deploy` on an emulator where no other tests' endpoints are.

    Stopped executions are not rolled back: what they leave is what tests look at.
    """
    with deployment(AbortRollsBack="false") as slipway:
        yield slipway


@pytest.fixture(scope="session")
def recovering() -> Iterator[Slipway]:
    """The same in a stage that wants stopped executions taken back, keeps the last deployment, and has a registry."""
    owners = {"ModelPackageOwnerAccounts": OWNER}
    with deployment(AbortRollsBack="true", KeptDeployments="1", **owners) as slipway:
        yield slipway


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application; faults that a test injects end with the test."""
    yield deployed
    deployed.aws.delete("faults")
