from collections.abc import Iterator

import pytest

from tests.support.deployment import OWNER, Run, Slipway, deployment
from tests.support.scenarios import run_all


@pytest.fixture(scope="session")
def slipway() -> Iterator[Slipway]:
    """The real template on the emulator; a history of one deployment, and no recovery by the stack."""
    with deployment(KeptDeployments="1", AbortRollsBack="false", ModelPackageOwnerAccounts=OWNER) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def runs(slipway: Slipway) -> dict[str, Run]:
    """Every scenario, run on the emulator."""
    return run_all(slipway)
