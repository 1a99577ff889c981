from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from local_aws import LocalAws
from support.hosting import Hosting, make_hosting
from support.scaling import Scaled
from support.schedules import Scheduled, make_scheduled
from support.serving import Serving, make_serving

# What a test claims does not depend on how busy the machine is.
settings.register_profile("local-aws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("local-aws")


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One local AWS for all tests of a worker; each test names what it creates so that tests do not meet."""
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="session")
def hosting(local_aws: LocalAws) -> Hosting:
    return make_hosting(local_aws)


@pytest.fixture(scope="session")
def serving(local_aws: LocalAws, hosting: Hosting) -> Serving:
    return make_serving(local_aws, hosting)


@pytest.fixture
def scaled(hosting: Hosting, name: str) -> Scaled:
    """The endpoint that the fixture `name` of the module names, with one instance, scaled from 1 to 4."""
    hosting.endpoint(name)
    return Scaled(hosting, hosting.register(name))


@pytest.fixture
def scheduled(local_aws: LocalAws) -> Iterator[Scheduled]:
    """A group of schedules, which fire no longer when the test has ended."""
    made = make_scheduled(local_aws)
    yield made
    groups = made.client.list_schedule_groups(NamePrefix=made.group)["ScheduleGroups"]
    if made.group in [group["Name"] for group in groups]:
        made.client.delete_schedule_group(Name=made.group)
