from collections.abc import Callable
from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import error_of


@pytest.fixture
def key(local_aws: LocalAws) -> dict[str, Any]:
    metadata: dict[str, Any] = local_aws.client("kms").create_key()["KeyMetadata"]
    return metadata


def state_of(local_aws: LocalAws, key: dict[str, Any]) -> str:
    return str(local_aws.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"])


@pytest.mark.parametrize("named_by", ["KeyId", "Arn"])
def test_a_key_changes_its_state_by_id_or_arn(local_aws: LocalAws, key: dict[str, Any], named_by: str) -> None:
    kms, name = local_aws.client("kms"), key[named_by]
    states = []
    for change in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.cancel_key_deletion):
        change(KeyId=name)
        states.append(state_of(local_aws, key))

    assert states == ["Disabled", "Enabled", "PendingDeletion", "Disabled"]


@pytest.mark.parametrize("operation", ["enable_key", "disable_key", "schedule_key_deletion"])
def test_a_key_pending_deletion_only_accepts_its_cancellation(
    local_aws: LocalAws, key: dict[str, Any], operation: str
) -> None:
    kms = local_aws.client("kms")
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)

    code, message, _ = error_of(getattr(kms, operation), KeyId=key["Arn"])

    assert (code, message) == ("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")
    assert state_of(local_aws, key) == "PendingDeletion"


def test_cancelling_a_deletion_that_is_not_scheduled_is_refused(local_aws: LocalAws, key: dict[str, Any]) -> None:
    code, message, _ = error_of(local_aws.client("kms").cancel_key_deletion, KeyId=key["KeyId"])

    assert (code, message) == ("KMSInvalidStateException", f"{key['Arn']} is enabled.")


def test_a_window_outside_of_seven_to_thirty_days_is_refused(local_aws: LocalAws, key: dict[str, Any]) -> None:
    schedule = local_aws.client("kms").schedule_key_deletion

    code, message, _ = error_of(schedule, KeyId=key["KeyId"], PendingWindowInDays=6)

    assert (code, message) == ("ValidationException", "PendingWindowInDays is 6; expected 7 to 30")
    assert state_of(local_aws, key) == "Enabled"


@pytest.mark.parametrize(
    ("put_out_of_use", "code"),
    [("disable_key", "DisabledException"), ("schedule_key_deletion", "KMSInvalidStateException")],
)
def test_a_disabled_key_neither_encrypts_nor_decrypts(
    local_aws: LocalAws, key: dict[str, Any], put_out_of_use: str, code: str
) -> None:
    kms = local_aws.client("kms")
    ciphertext = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"]
    getattr(kms, put_out_of_use)(KeyId=key["KeyId"])

    def refusal(use: Callable[..., Any], **parameters: Any) -> str:
        return error_of(use, **parameters)[0]

    assert refusal(kms.encrypt, KeyId=key["Arn"], Plaintext=b"text") == code
    assert refusal(kms.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256") == code
    assert refusal(kms.decrypt, CiphertextBlob=ciphertext) == code
