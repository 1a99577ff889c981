import pytest

from tests.unit.plan_deployment.off_hours.scheduled import Scheduled


@pytest.fixture
def world() -> Scheduled:
    return Scheduled()
