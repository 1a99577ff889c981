from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.deployment import OWNER, Slipway, deployment

# Claims do not depend on the load of the machine.
settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")


@pytest.fixture(scope="session")
def deployed() -> Iterator[Slipway]:
    """The real template, deployed by the real `sam deploy` to an emulator of its own.

    Stopped executions are not rolled back, so that tests can check what they left.
    """
    with deployment(AbortRollsBack="false") as slipway:
        yield slipway


@pytest.fixture(scope="session")
def recovering() -> Iterator[Slipway]:
    """A stage that rolls back stopped executions, keeps one deployment, and allows a registry and buckets of others."""
    others = {"ModelPackageOwnerAccounts": OWNER, "ArtifactBuckets": "models-here,models-elsewhere"}
    with deployment(AbortRollsBack="true", KeptDeployments="1", **others) as slipway:
        yield slipway


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults of other tests."""
    yield deployed
    deployed.aws.delete("faults")
