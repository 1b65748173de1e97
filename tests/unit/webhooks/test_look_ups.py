"""Looking hosts up: neither names whose servers are silent nor whoever names many keep others from being found."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from server.langgraph_sections import WebhookUrlSpec
from server.webhooks import gate as gate_module
from server.webhooks.admission_look_ups import BURST
from server.webhooks.gate import Gate
from server.webhooks.policy import UrlPolicy, WebhookRefusedError
from server.webhooks.resolver import OF_A_DOMAIN, THREADS, Resolver

PUBLIC = "8.8.8.8"


class NameServers:
    """Those behind the system's resolver: names below `silent.…` are answered when it is given up, others at once."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.given_up = threading.Event()
        self.news = threading.Condition()

    def getaddrinfo(self, host: str, port: int, **how: Any) -> list[Any]:
        """What the system answers."""
        if how.get("flags"):
            raise socket.gaierror("no number")
        with self.news:
            self.asked[host] += 1
            self.news.notify_all()
        if ".silent" in host:
            self.given_up.wait()
            raise socket.gaierror("no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    """The name servers, asked by whoever looks up."""
    servers = NameServers()
    monkeypatch.setattr(socket, "getaddrinfo", servers.getaddrinfo)
    yield servers
    servers.given_up.set()


async def test_names_that_are_never_answered_keep_no_other_from_being_found(servers: NameServers) -> None:
    resolver = Resolver()
    # more names than threads, of fewer domains than would take all
    silent = [f"a{number}.silent{number % 3}.example.net".replace(".example", "") for number in range(THREADS + 9)]
    waiting = [asyncio.create_task(resolver.look_up(host, 443)) for host in silent]
    try:
        await asyncio.sleep(0)  # they are asked first
        async with asyncio.timeout(30):
            assert await resolver.look_up("known.example", 443) == [PUBLIC]
        assert max(Counter(host.split(".", 1)[1] for host in servers.asked).values()) <= OF_A_DOMAIN
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        servers.given_up.set()
        async with asyncio.timeout(30):  # its domain's places are free again
            with pytest.raises(OSError, match="no answer"):
                await resolver.look_up("again.silent0.net", 443)
    finally:
        servers.given_up.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        resolver.close()


async def test_a_name_that_is_being_looked_up_is_looked_up_once(servers: NameServers) -> None:
    resolver = Resolver()
    found = await asyncio.gather(*[resolver.look_up("hooks.example", 443) for _ in range(50)])
    assert found == [[PUBLIC]] * 50
    assert servers.asked == {"hooks.example": 1}
    await resolver.look_up("hooks.example", 443)
    assert servers.asked == {"hooks.example": 2}, "what is sent later goes by what the name is then"
    resolver.close()


def _gate(resolver: Resolver) -> Gate:
    return Gate(UrlPolicy(WebhookUrlSpec()), resolver.look_up)


async def test_whoever_names_many_hosts_has_them_looked_up_for_a_while_only_and_keeps_nobody_else_from_it(
    servers: NameServers,
) -> None:
    resolver = Resolver()
    gate = _gate(resolver)
    for number in range(3 * BURST):
        await gate.require(f"https://a{number}.example/", "ann")
    assert len(servers.asked) < 2 * BURST
    await gate.require("https://hooks.example/", "ben")
    assert servers.asked["hooks.example"] == 1
    for _ in range(3):
        await gate.require("https://hooks.example/", "cal")
    assert servers.asked["hooks.example"] == 1, "it is known for a while"
    target, addresses = await gate.open("https://hooks.example/")
    assert (target.host, addresses, servers.asked["hooks.example"]) == ("hooks.example", [PUBLIC], 2)
    resolver.close()


async def test_addresses_are_looked_at_however_many_hosts_were_named() -> None:
    async def no_look_ups(host: str, _: int) -> list[str]:
        raise AssertionError(f"{host} is no name")

    gate = Gate(UrlPolicy(WebhookUrlSpec()), no_look_ups)
    for _ in range(2 * BURST):
        with pytest.raises(WebhookRefusedError, match="blocked IP range"):
            await gate.require("https://169.254.169.254/", "ann")
    for written in ("https://2852039166/", "https://[::1]/"):
        with pytest.raises(WebhookRefusedError, match="IP range"):
            await gate.require(written, "ann")


async def test_a_name_server_that_takes_too_long_is_no_callers_fault(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_module, "LOOK_UP_SECONDS", 0.01)
    resolver = Resolver()
    gate = _gate(resolver)
    await gate.require("https://hooks.silent.net/", "ann")
    with pytest.raises(OSError):
        await gate.open("https://hooks.silent.net/")
    servers.given_up.set()
    resolver.close()
