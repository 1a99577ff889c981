"""KMS: the keys that AWS manages for messaging exist, as those of other services do in moto.

KMS developer guide, "AWS managed keys": a service makes its key in the account when it first needs it.
"""

from __future__ import annotations

import uuid

from moto.kms.utils import RESERVED_ALIASE_TARGET_KEY_IDS, RESERVED_ALIASES

_MISSING_IN_MOTO = ("alias/aws/sns", "alias/aws/sqs")


def install() -> None:
    """Let moto make these keys when they are first named."""
    for alias in _MISSING_IN_MOTO:
        RESERVED_ALIASES.append(alias)
        RESERVED_ALIASE_TARGET_KEY_IDS[alias] = str(uuid.uuid5(uuid.NAMESPACE_URL, alias))
