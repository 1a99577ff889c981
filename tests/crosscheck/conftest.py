import pytest

from emulator.local_aws import LocalAws
from tests.support.deployment import Run, Slipway
from tests.support.scenarios import run_all
from tools import stack


@pytest.fixture(scope="session")
def slipway(local_aws: LocalAws) -> Slipway:
    """The real template on the emulator, where nothing but the last deployment is kept, so that older ones go."""
    stack.make_model_role(local_aws)
    return Slipway(local_aws, stack.deploy(local_aws, KeptDeployments="1"))


@pytest.fixture(scope="session")
def runs(slipway: Slipway) -> dict[str, Run]:
    """Every scenario, ended on the emulator."""
    return run_all(slipway)
