"""Fetch a document from the web without being led into the network that the server stands in.

https only, public addresses only, and the address that was checked is the one that is connected to: a name that
resolves to something else a moment later changes nothing. Redirects are followed a few times, each checked anew.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from tools.documents.extracted import UnreadableDocument

MOST_BYTES = 5_000_000
SECONDS = 10.0
_MOST_REDIRECTS = 3
_HTTPS = 443
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Fetched:
    """What came from a URL: its bytes, a name for it, and where it really came from."""

    content: bytes
    name: str
    url: str


async def fetch(url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> Fetched:
    """Return what is at a URL. Raises UnreadableDocument with a sentence for everything that is not allowed or fails.

    `transport` is for tests: it gets the request as it would go out, to the address that was checked.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await _follow(url, transport)
    except TimeoutError as error:
        raise UnreadableDocument(f"The page took longer than {SECONDS:g} seconds.") from error
    except httpx.HTTPError as error:
        raise UnreadableDocument(f"The page cannot be fetched: {type(error).__name__}.") from error


async def _follow(url: str, transport: httpx.AsyncBaseTransport | None) -> Fetched:
    for _ in range(_MOST_REDIRECTS + 1):
        host, address = await checked_address(url)
        async with httpx.AsyncClient(
            transport=transport, follow_redirects=False, trust_env=False, timeout=SECONDS
        ) as client:
            pinned = _pinned(url, address)
            request = client.build_request(
                "GET", pinned, headers={"host": host, "accept-encoding": "identity"}, extensions={"sni_hostname": host}
            )
            response = await client.send(request, stream=True)
            try:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                if response.status_code != httpx.codes.OK:
                    raise UnreadableDocument(f"The page answers {response.status_code}.")
                return Fetched(await _body(response), _name(url), url)
            finally:
                await response.aclose()
    raise UnreadableDocument(f"The page redirects more than {_MOST_REDIRECTS} times.")


async def checked_address(url: str) -> tuple[str, str]:
    """Return a URL's host and the public address to connect to. Raises UnreadableDocument for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnreadableDocument("That is no URL.") from error
    host = parts.hostname
    if parts.scheme != "https" or not host:
        raise UnreadableDocument("Only https:// addresses are fetched.")
    if parts.username or parts.password or port not in (None, _HTTPS):
        raise UnreadableDocument("An address may have no user, password or port of its own.")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, _HTTPS, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreadableDocument(f"There is no host {host}.") from error
    addresses = [str(info[4][0]) for info in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise UnreadableDocument(f"{host} is not on the public internet.")
    return host, addresses[0]


def _is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(parsed.packed[-4:]) if parsed in _NAT64 else None
        inside = parsed.ipv4_mapped or parsed.sixtofour or translated
        if inside is not None:
            return _is_public(str(inside))
    return parsed.is_global and not parsed.is_multicast


def _pinned(url: str, address: str) -> str:
    parts = urlsplit(url)
    netloc = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=netloc, fragment="").geturl()


async def _body(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnreadableDocument("The page comes compressed although that was declined.")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise UnreadableDocument(f"The page is larger than {MOST_BYTES // 1_000_000} MB.")
    return bytes(body)


def _name(url: str) -> str:
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "page"
