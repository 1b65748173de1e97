"""Sends a webhook once: to the address that was checked, following nothing, reading nothing but the status.

The connection goes to the address; the certificate is checked, and `host` sent, for the name. So a name that resolves to
something else a moment later changes nothing.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import httpx

from server.webhooks.backoff import asked_delay
from server.webhooks.policy import Target

CONNECT_SECONDS = 5.0
_GONE = 410


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an attempt: a status, or why there is none. `is_refused_for_good` says not to come again.

    `is_wanted` is false if there was nothing to send.
    """

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    is_wanted: bool = True

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused_for_good(self) -> bool:
        """Whether the receiver wants no more of it."""
        return self.status == _GONE or not self.is_wanted


class Receiver(Protocol):
    """Somebody whom webhooks are sent to."""

    async def post(self, target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Sent:
        """Send one; what came of it."""


class HttpReceiver:
    """Receivers elsewhere, by HTTP. Each attempt has a connection of its own, and `seconds` for all of it.

    Certificates are checked against `SSL_CERT_FILE`, else the usual authorities.
    """

    def __init__(self, seconds: float, context: ssl.SSLContext | None = None) -> None:
        self._seconds = seconds
        # a transport, not a client: it keeps no cookies, follows nothing and asks no proxy
        self._transport = httpx.AsyncHTTPTransport(
            verify=context or httpx.create_ssl_context(),
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def post(self, target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Sent:
        """Send it to the first of the addresses that a connection can be made to."""
        failed = Sent(error="the host has no address")
        try:
            async with asyncio.timeout(self._seconds):
                for address in addresses:
                    try:
                        return await self._post(target, address, body, headers)
                    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                        failed = Sent(error=_told(error))
        except TimeoutError:
            return Sent(error=f"no answer in {self._seconds:g} seconds")
        except httpx.HTTPError as error:
            return Sent(error=_told(error))
        return failed

    async def close(self) -> None:
        """Close what is open."""
        await self._transport.aclose()

    async def _post(self, target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        pinned = target.url.copy_with(host=address, fragment=None)
        named = f"[{target.host}]" if ":" in target.host else target.host
        port = "" if target.url.port is None else f":{target.url.port}"
        request = httpx.Request(
            "POST",
            pinned,
            headers={"host": named + port, "accept-encoding": "identity", **headers},
            content=body,
            extensions={
                "sni_hostname": target.host,
                "timeout": {
                    "connect": CONNECT_SECONDS,
                    "read": self._seconds,
                    "write": self._seconds,
                    "pool": self._seconds,
                },
            },
        )
        response = await self._transport.handle_async_request(request)
        try:
            return Sent(response.status_code, retry_after=asked_delay(response.headers.get("retry-after")))
        finally:
            await response.aclose()  # whatever it has to say: the status is all


def _told(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}"[:200].rstrip(": ")
