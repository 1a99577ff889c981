import pytest

from emulator.local_aws import LocalAws
from tests.support.hosting import Hosting, make_hosting


@pytest.fixture(scope="session")
def hosting(local_aws: LocalAws) -> Hosting:
    return make_hosting(local_aws)
