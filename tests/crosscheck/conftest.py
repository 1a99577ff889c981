import pytest

from emulator.local_aws import LocalAws
from tests.support.deployment import Run, Slipway
from tests.support.scenarios import run_all
from tools import stack


@pytest.fixture(scope="session")
def slipway(local_aws: LocalAws) -> Slipway:
    """The real template on the emulator: only the last deployment is kept, and the scenarios themselves take back."""
    stack.make_model_role(local_aws)
    return Slipway(local_aws, stack.deploy(local_aws, KeptDeployments="1", AbortRollsBack="false"))


@pytest.fixture(scope="session")
def runs(slipway: Slipway) -> dict[str, Run]:
    """Every scenario, ended on the emulator."""
    return run_all(slipway)
