"""KMS: AWS managed keys for messaging, key states, and checks of key policies.

KMS developer guide, "AWS managed keys": a service creates its key in the account on first use.
KMS developer guide, "Key states of AWS KMS keys": valid operations by state. moto changes the state only of keys
named by id, checks no state, and encrypts with disabled keys.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.kms.models import KmsBackend
from moto.kms.utils import RESERVED_ALIASE_TARGET_KEY_IDS, RESERVED_ALIASES

from local_aws.core.errors import ApiError
from local_aws.kms import key_policies

Key = Any  # moto's

_MISSING_IN_MOTO = ("alias/aws/sns", "alias/aws/sqs")
_DELETION_DAYS = range(7, 31)
# Operations on a key's state, and the states in which they are valid.
_VALID_STATES = {
    "enable_key": {"Enabled", "Disabled"},
    "disable_key": {"Enabled", "Disabled"},
    "schedule_key_deletion": {"Enabled", "Disabled"},
    "cancel_key_deletion": {"PendingDeletion"},
}
# Cryptographic operations whose request names the key; a ciphertext names its key.
_USES = ("encrypt", "generate_data_key", "sign", "verify", "generate_mac", "verify_mac")


def install() -> None:
    """Create AWS managed keys on first use, enforce key states, check key policies."""
    for alias in _MISSING_IN_MOTO:
        RESERVED_ALIASES.append(alias)
        RESERVED_ALIASE_TARGET_KEY_IDS[alias] = str(uuid.uuid5(uuid.NAMESPACE_URL, alias))
    for name, states in _VALID_STATES.items():
        setattr(KmsBackend, name, _changing(getattr(KmsBackend, name), states))
    for name in _USES:
        setattr(KmsBackend, name, _using(getattr(KmsBackend, name)))
    decrypt = KmsBackend.decrypt

    def decrypt_usable(backend: KmsBackend, *arguments: Any, **named: Any) -> Any:
        plaintext, arn = decrypt(backend, *arguments, **named)
        require_usable(_key(backend, arn))
        return plaintext, arn

    KmsBackend.decrypt = decrypt_usable
    key_policies.install()


def require_usable(key: Key) -> None:
    """Check that a key can encrypt.

    Raises
    ------
    ApiError
        ``DisabledException``, or ``KMSInvalidStateException`` for a key that is pending deletion.
    """
    if key.key_state == "Disabled":
        raise ApiError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        raise _invalid_state(key)


def _changing(change: Callable[..., Any], states: set[str]) -> Callable[..., Any]:
    def changed(backend: KmsBackend, key_id: str, *days: int) -> Any:
        key = _key(backend, key_id)
        if key.key_state not in states:
            raise _invalid_state(key)
        if days and days[0] not in _DELETION_DAYS:
            raise ApiError("ValidationException", f"PendingWindowInDays is {days[0]}; expected 7 to 30")
        return change(backend, key.id, *days)

    return changed


def _using(use: Callable[..., Any]) -> Callable[..., Any]:
    def used(backend: KmsBackend, key_id: str, *arguments: Any, **named: Any) -> Any:
        require_usable(_key(backend, key_id))
        return use(backend, key_id, *arguments, **named)

    return used


def _key(backend: KmsBackend, key_id: str) -> Key:
    return backend.keys[backend.any_id_to_key_id(key_id)]


def _invalid_state(key: Key) -> ApiError:
    words = "pending deletion" if key.key_state == "PendingDeletion" else key.key_state.lower()
    return ApiError("KMSInvalidStateException", f"{key.arn} is {words}.")
