"""UpdateEndpointWeightsAndCapacities: live weights, counts and concurrency."""

from typing import Any

import pytest

from support.hosting import Hosting, arn, refused


def change(hosting: Hosting, endpoint: str, *changes: dict[str, Any]) -> None:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=list(changes)
    )


@pytest.fixture(scope="module")
def split(hosting: Hosting) -> str:
    """An endpoint with two variants."""
    model = hosting.model("split-model")
    return hosting.endpoint("split", hosting.variant(model, "blue"), hosting.variant(model, "green"))


def test_desired_values_are_set_at_once_and_current_when_the_endpoint_is_back_in_service(hosting: Hosting) -> None:
    hosting.endpoint("growing")
    with hosting.standing_still():
        change(hosting, "growing", {"VariantName": "AllTraffic", "DesiredInstanceCount": 3})
        endpoint = hosting.describe("growing")

    (variant,) = endpoint["ProductionVariants"]
    assert endpoint["EndpointStatus"] == "Updating"
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 3)
    (status,) = variant["VariantStatus"]
    assert (status["Status"], status["StatusMessage"]) == ("Updating", "Scaling desired instance count to 3.")
    assert "PendingDeploymentSummary" not in endpoint

    (variant,) = hosting.wait("growing")["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 3
    assert "VariantStatus" not in variant


def test_weights_of_several_variants_change_together(hosting: Hosting, split: str) -> None:
    change(
        hosting, split, {"VariantName": "blue", "DesiredWeight": 0.9}, {"VariantName": "green", "DesiredWeight": 0.1}
    )

    weights = [variant["CurrentWeight"] for variant in hosting.wait(split)["ProductionVariants"]]

    assert weights == [pytest.approx(0.9), pytest.approx(0.1)]


def test_other_variants_do_not_change(hosting: Hosting) -> None:
    model = hosting.model("untouched-model")
    hosting.endpoint("untouched", hosting.variant(model, "blue"), hosting.variant(model, "green"))

    change(hosting, "untouched", {"VariantName": "blue", "DesiredInstanceCount": 2})

    blue, green = hosting.wait("untouched")["ProductionVariants"]
    assert (blue["CurrentInstanceCount"], blue["CurrentWeight"]) == (2, 1.0)
    assert (green["CurrentInstanceCount"], green["CurrentWeight"]) == (1, 1.0)


def test_a_missing_endpoint_is_refused(hosting: Hosting) -> None:
    with refused("ValidationException", f'Could not find endpoint "{arn("endpoint/no-such")}".'):
        change(hosting, "no-such", {"VariantName": "AllTraffic", "DesiredWeight": 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [{"VariantName": "red", "DesiredWeight": 1}],
            'The variant name(s) "red" is/are not present within endpoint configuration "split-1".',
        ),
        (
            [{"VariantName": "blue", "DesiredWeight": 1}, {"VariantName": "blue", "DesiredWeight": 2}],
            'The variant name "blue" was non-unique within the request.',
        ),
        (
            [
                {"VariantName": "blue", "DesiredInstanceCount": 2},
                {"VariantName": "green", "DesiredInstanceCount": 2},
            ],
            "The capacity of only one variant can be updated in a request.",
        ),
        (
            [{"VariantName": "blue", "DesiredInstanceCount": 0}],
            'DesiredInstanceCount of variant "blue" must be at least 1: only asynchronous endpoints scale to zero.',
        ),
        (
            [{"VariantName": "blue", "ServerlessUpdateConfig": {"MaxConcurrency": 5}}],
            'ServerlessUpdateConfig cannot be set for variant "blue" on instances.',
        ),
    ],
)
def test_an_invalid_change_is_refused_and_nothing_changes(
    hosting: Hosting, split: str, changes: list[dict[str, Any]], message: str
) -> None:
    hosting.wait(split)
    before = hosting.describe(split)["ProductionVariants"]

    with refused("ValidationException", message):
        change(hosting, split, *changes)

    assert hosting.describe(split)["ProductionVariants"] == before


def test_an_asynchronous_endpoint_scales_to_zero(hosting: Hosting) -> None:
    variant = hosting.variant(hosting.model("queued-model"))
    hosting.config("queued-1", variant, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://queued/out"}})
    hosting.sagemaker.create_endpoint(EndpointName="queued", EndpointConfigName="queued-1")
    hosting.wait("queued")

    hosting.scale("queued", 0)

    assert hosting.describe("queued")["ProductionVariants"][0]["CurrentInstanceCount"] == 0


def test_a_serverless_variant_changes_its_concurrency_and_has_no_instances(hosting: Hosting) -> None:
    hosting.endpoint("re-concurrent", hosting.serverless_variant(hosting.model("concurrent-model")))

    change(
        hosting,
        "re-concurrent",
        {"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 20, "ProvisionedConcurrency": 5}},
    )

    (variant,) = hosting.wait("re-concurrent")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 20,
        "ProvisionedConcurrency": 5,
    }
    with refused("ValidationException", 'DesiredInstanceCount cannot be set for the serverless variant "AllTraffic".'):
        change(hosting, "re-concurrent", {"VariantName": "AllTraffic", "DesiredInstanceCount": 2})
    with refused(
        "ValidationException", "ProvisionedConcurrency (21) must be less than or equal to MaxConcurrency (20)."
    ):
        change(
            hosting,
            "re-concurrent",
            {"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"ProvisionedConcurrency": 21}},
        )
