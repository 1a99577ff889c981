import pytest

from tests.support import project


@pytest.fixture
def request_for():  # type: ignore[no-untyped-def]
    """Return a function that returns the original payload of the field for a given endpoint."""

    def make(endpoint_name: str, **changes: object) -> dict[str, object]:
        return {**project.event("deploy_endpoint"), "endpointName": endpoint_name, **changes}

    return make
