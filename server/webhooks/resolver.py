"""Looks webhooks' hosts up. Whoever starts runs chooses the names, and whose name servers are asked: neither may hold up others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host. Raises `OSError` if there are none."""

THREADS = 64
"""Most of them for look-ups that nobody waits for any more: the system's resolver gives up late."""

OF_A_DOMAIN = 8
"""Names of one domain that are looked up at once: so many threads a name server that never answers can hold, and no more."""


class Resolver:
    """The system's resolver, on threads of its own. Who asks for a name that is being looked up is told the same."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="look-up")
        self._running: dict[tuple[str, int], asyncio.Future[list[str]]] = {}
        self._places = _Places()

    async def look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a host, in the order to try them. Raises `OSError`."""
        key = host, port
        if key not in self._running:
            await self._places.take(_domain_of(host))
            if key in self._running:  # by now
                self._places.give_back(_domain_of(host))
            else:
                self._start(key)
        # in its thread it goes on, and for others, when this one is not waited for any more
        return list(await asyncio.shield(self._running[key]))

    def close(self) -> None:
        """Let the threads go; look-ups that still wait are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start(self, key: tuple[str, int]) -> None:
        running = asyncio.get_running_loop().run_in_executor(self._threads, _addresses, *key)
        self._running[key] = running

        def ended(future: asyncio.Future[list[str]]) -> None:
            del self._running[key]
            self._places.give_back(_domain_of(key[0]))
            if not future.cancelled():
                future.exception()  # all who asked may have left

        running.add_done_callback(ended)


@dataclass(slots=True)
class _Domain:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OF_A_DOMAIN))
    users: int = 0
    """How many have a place, or wait for one."""


class _Places:
    """Which domains' names are looked up. One that is not is not remembered."""

    def __init__(self) -> None:
        self._domains: dict[str, _Domain] = {}

    async def take(self, name: str) -> None:
        domain = self._domains.setdefault(name, _Domain())
        domain.users += 1
        try:
            await domain.places.acquire()
        except BaseException:
            self._leave(name, domain)
            raise

    def give_back(self, name: str) -> None:
        domain = self._domains[name]
        domain.places.release()
        self._leave(name, domain)

    def _leave(self, name: str, domain: _Domain) -> None:
        domain.users -= 1
        if not domain.users:
            del self._domains[name]


def _domain_of(host: str) -> str:
    """What a name belongs to, more or less: its last two labels."""
    return ".".join(host.rsplit(".", 2)[-2:])


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
