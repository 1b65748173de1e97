"""Looking hosts up: names whose servers are silent keep no other from being found."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from server.webhooks.gate import Resolver


async def test_names_that_are_never_answered_keep_no_other_from_being_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if host.startswith("silent"):
            given_up.wait()
            raise socket.gaierror("no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolver = Resolver()
    waiting = [asyncio.create_task(resolver.look_up(f"silent{number}.example", 443)) for number in range(32)]
    try:
        await asyncio.sleep(0)  # they are asked first
        async with asyncio.timeout(10):
            assert await resolver.look_up("known.example", 443) == ["203.0.113.7"]
    finally:
        given_up.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        resolver.close()
