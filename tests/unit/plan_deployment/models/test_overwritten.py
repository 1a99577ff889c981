from datetime import timedelta
from typing import Any

import pytest

from plan_deployment.models.overwritten import changed_artifacts, still_live
from shared.moments import iso
from tests.unit.fakes import CREATED_AT, FakeS3, client_error

URI = "s3://artifacts/churn/model.tar.gz"
EARLIER, LATER = (iso(CREATED_AT + timedelta(minutes=minutes)) for minutes in (-1, 1))
UNCOMPRESSED = {"S3Uri": "s3://artifacts/large/", "S3DataType": "S3Prefix", "CompressionType": "None"}


def warnings(container: dict[str, Any], started_at: str, s3: FakeS3) -> list[str]:
    model = {"ModelName": "churn-1", "PrimaryContainer": container}
    return list(changed_artifacts([model], started_at, s3, ["artifacts"]))


def stored(*keys: str) -> FakeS3:
    return FakeS3(**dict.fromkeys(keys, b"model"))


@pytest.mark.parametrize(
    ("container", "uri"),
    [
        ({"ModelDataUrl": URI}, URI),
        ({"ModelDataSource": {"S3DataSource": UNCOMPRESSED}}, "s3://artifacts/large/"),
        ({"AdditionalModelDataSources": [{"S3DataSource": UNCOMPRESSED}]}, "s3://artifacts/large/"),
    ],
)
def test_an_artifact_that_was_written_after_the_deployment_is_a_warning(container: dict[str, Any], uri: str) -> None:
    s3 = stored("churn/model.tar.gz", "large/weights")

    assert warnings(container, LATER, s3) == []
    (warning,) = warnings(container, EARLIER, s3)
    assert warning.startswith(f"Model churn-1: {uri} was written at {iso(CREATED_AT)}, after the deployment that is ")


def test_another_object_with_the_same_beginning_is_not_the_artifact() -> None:
    assert warnings({"ModelDataUrl": URI}, EARLIER, stored("churn/model.tar.gz.old")) == [
        f"Model churn-1: {URI} no longer exists, so its containers cannot start. Upload it again."
    ]


@pytest.mark.parametrize(
    "container",
    [
        {"ModelPackageName": "arn"},
        {"ModelDataUrl": "s3://elsewhere/model.tar.gz"},
        {"ModelDataUrl": "s3://artifacts/models/", "Mode": "MultiModel"},
    ],
)
def test_what_slipway_cannot_read_or_may_change_is_not_checked(container: dict[str, Any]) -> None:
    assert warnings(container, EARLIER, FakeS3()) == []


def test_a_check_that_fails_does_not_stop_the_rollback() -> None:
    s3 = stored("churn/model.tar.gz")
    s3.errors["ListObjectsV2"] = client_error("AccessDenied", "no", "ListObjectsV2")

    assert warnings({"ModelDataUrl": URI}, EARLIER, s3) == [
        f"Model churn-1: could not check whether {URI} has changed: ListObjectsV2: AccessDenied: no"
    ]


def test_an_artifact_that_a_live_model_has_with_other_content_is_a_warning() -> None:
    live = {"ModelName": "churn-1", "PrimaryContainer": {"ModelDataUrl": URI}}
    same, newer = live, {**live, "ModelName": "churn-2"}

    assert list(still_live([same], [live])) == []
    (warning,) = still_live([newer], [live])
    assert warning.startswith(f"Model churn-2: the live model churn-1 has the same artifact {URI}, which was overwrit")
