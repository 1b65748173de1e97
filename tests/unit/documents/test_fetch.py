"""Fetching goes to public addresses over https and nowhere else; names resolve here as the test says."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tools.documents.extracted import UnreadableDocument
from tools.documents.fetch import MOST_BYTES, checked_address, fetch

PUBLIC = "93.184.215.14"


def resolving(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, list[str]]) -> None:
    """Let names resolve to these addresses; an unknown name has none."""

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if host not in names:
            raise socket.gaierror("no such host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    class Loop:
        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop

        def __getattr__(self, name: str) -> Any:
            return getaddrinfo if name == "getaddrinfo" else getattr(self._loop, name)

    real = asyncio.get_running_loop
    monkeypatch.setattr("tools.documents.fetch.asyncio.get_running_loop", lambda: Loop(real()))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1",
     "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_not_followed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"inside.example": [PUBLIC, address]})
    with pytest.raises(UnreadableDocument, match="not on the public internet"):
        await checked_address("https://inside.example/a")


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "https://", "//a.example", "https://u:p@a.example/",
     "https://a.example:8443/", "https://a.example:x/", "https://[::1", "https://nobody.example/"],
)  # fmt: skip
async def test_what_is_no_plain_https_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"a.example": [PUBLIC]})
    with pytest.raises(UnreadableDocument):
        await checked_address(url)


async def test_the_address_that_was_checked_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"a.example": [PUBLIC]})
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"hello")

    found = await fetch("https://a.example/docs/report.md?x=1#top", transport=httpx.MockTransport(answer))
    assert (found.content, found.name) == (b"hello", "report.md")
    assert str(seen[0].url) == f"https://{PUBLIC}/docs/report.md?x=1"
    assert (seen[0].headers["host"], seen[0].extensions["sni_hostname"]) == ("a.example", "a.example")


async def test_a_redirect_is_checked_like_the_first_address(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"a.example": [PUBLIC], "b.example": [PUBLIC], "inside.example": ["127.0.0.1"]})
    moves = {
        "/ok": "https://b.example/there",
        "/in": "https://inside.example/",
        "/down": "http://b.example/",
        "/round": "/round",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        to = moves.get(request.url.path)
        return httpx.Response(302, headers={"location": to}) if to else httpx.Response(200, content=b"there")

    transport = httpx.MockTransport(answer)
    assert (await fetch("https://a.example/ok", transport=transport)).url == "https://b.example/there"
    for path, said in (("in", "public internet"), ("down", "Only https"), ("round", "more than 3 times")):
        with pytest.raises(UnreadableDocument, match=said):
            await fetch(f"https://a.example/{path}", transport=transport)


async def test_too_much_and_what_is_not_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"a.example": [PUBLIC]})

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/big":
            return httpx.Response(200, content=b"x" * (MOST_BYTES + 1))
        if request.url.path == "/broken":
            raise httpx.ConnectError("refused")
        return httpx.Response(404)

    for path, said in (("big", "larger than 5 MB"), ("none", "answers 404"), ("broken", "cannot be fetched")):
        with pytest.raises(UnreadableDocument, match=said):
            await fetch(f"https://a.example/{path}", transport=httpx.MockTransport(answer))
