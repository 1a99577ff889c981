import pytest

from tests.support import project


@pytest.fixture
def request_for():  # type: ignore[no-untyped-def]
    """A function that makes the field's original payload for an endpoint of its own."""

    def make(endpoint_name: str, **changes: object) -> dict[str, object]:
        return {**project.event("deploy_endpoint"), "endpointName": endpoint_name, **changes}

    return make
