"""Whether a webhook's URL may be sent to: the policy, and what its host resolves to now. Asked at admission and at each sending."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from server.webhooks.policy import Target, UrlPolicy, WebhookRefusedError

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host. Raises `OSError` if there are none."""

LOOK_UP_SECONDS = 5.0
_THREADS = 64  # most of them for look-ups that nobody waits for any more: the system's resolver gives up late


class Resolver:
    """The system's resolver, on threads of its own: a name server that is slow must not hold up other work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="look-up")

    async def look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a host, in the order to try them. Raises `OSError`."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(info[4][0]) for info in found))

    def close(self) -> None:
        """Let the threads go; look-ups that still wait are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Gate:
    """Lets URLs pass that the policy allows, to addresses that it allows."""

    def __init__(self, policy: UrlPolicy, look_up: LookUp, serves: Callable[[str], bool] | None = None) -> None:
        """`serves` tells whether a path is one of the project's own routes; None where that is not known."""
        self._policy = policy
        self._look_up = look_up
        self._serves = serves

    async def require(self, url: str) -> None:
        """Raise `WebhookRefusedError` if nothing would ever be sent there."""
        target = self._policy.target(url)
        if target.is_own:
            if self._serves is not None and not self._serves(target.url.path):
                raise WebhookRefusedError(
                    f"Webhook path {target.url.path!r} is no route of the project's own app (http.app) that takes POST"
                )
            return
        try:
            await self._addresses(target)
        except OSError as error:
            if not target.is_named:  # one that the operator named may be known where it is sent from only
                raise WebhookRefusedError("Webhook host blocked: DNS resolution failed") from error

    async def open(self, url: str) -> tuple[Target, list[str]]:
        """The URL taken apart and the addresses to send to. Raises `WebhookRefusedError`, `OSError` if the host has none now."""
        target = self._policy.target(url)
        return target, [] if target.is_own else await self._addresses(target)

    async def _addresses(self, target: Target) -> list[str]:
        async with asyncio.timeout(LOOK_UP_SECONDS):  # TimeoutError is an OSError
            try:
                addresses = await self._look_up(target.host, target.port)
            except UnicodeError as error:  # a label that is empty or too long
                raise OSError(f"{target.host} cannot be a host's name") from error
        self._policy.require_allowed(target, addresses)
        return addresses
