"""Signatures by which a receiver knows that a webhook is ours, as Standard Webhooks has them (standardwebhooks.com).

`webhook-signature` holds `v1,` and the base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, once for each
secret: while a secret is being replaced, receivers may know either.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = "whsec_"
_LEAST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Secret:
    """A key to sign with; its text never shows."""

    key: bytes

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """`whsec_` and base64 of the key, or any text of 16 bytes or more. Raises `ValueError`, which does not show it."""
        key = text.encode()
        if text.startswith(_PREFIX):
            try:
                key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
            except binascii.Error:
                raise ValueError("whsec_ is followed by base64") from None
        if len(key) < _LEAST_BYTES:
            raise ValueError(f"a secret has {_LEAST_BYTES} bytes or more")
        return cls(key)

    def __repr__(self) -> str:
        return "Secret(…)"


def secrets_of(text: str) -> tuple[Secret, ...]:
    """The secrets of a setting, parted by spaces or commas; the first is the newest. Raises `ValueError`."""
    return tuple(Secret.parse(one) for one in text.replace(",", " ").split())


def signed_headers(secrets: Sequence[Secret], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that identify a message and, where there are secrets, prove it. `timestamp` is in seconds since 1970."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if secrets:
        content = b".".join((message_id.encode(), str(timestamp).encode(), body))
        headers["webhook-signature"] = " ".join(
            "v1," + base64.b64encode(hmac.digest(secret.key, content, hashlib.sha256)).decode() for secret in secrets
        )
    return headers
