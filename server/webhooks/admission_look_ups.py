"""Look-ups for those who start runs: a courtesy, so that a URL that leads nowhere is refused at once.

What is sent is looked up anew, and sent to the address that was looked at then. So a caller who names more hosts than the
server looks up for one is not kept waiting nor refused: the runs are taken, and their webhooks looked at when they are sent.
"""

import socket
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from server.webhooks.resolver import LookUp

KNOWN_SECONDS = 30.0
"""How long a caller who names a host again is told what was found, or that nothing was."""

BURST, A_SECOND = 100, 10.0
"""How many names are looked up for a caller at once, and how many more a second."""

_MOST_HOSTS = 10_000
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Budget:
    left: float
    at: float


@dataclass(frozen=True, slots=True)
class _Found:
    addresses: list[str] | None
    """None: there are none."""
    until: float


class AdmissionLookUps:
    """The addresses of hosts, within each caller's budget."""

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._known: OrderedDict[tuple[str, int], _Found] = OrderedDict()
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()

    async def addresses(self, host: str, port: int, caller: str) -> list[str] | None:
        """The addresses of a host; None if the caller has named too many to look it up. Raises `OSError` if it has none."""
        numeric = _written_out(host, port)
        if numeric is not None:  # asks nobody, so it costs nothing and is always looked at
            return numeric
        key, now = (host, port), time.monotonic()
        known = self._known.get(key)
        if known is None or known.until < now:
            if not self._spend(caller, now):
                return None
            known = await self._learn(key)
        if known.addresses is None:
            raise OSError(f"{host} has no address")
        return known.addresses

    async def _learn(self, key: tuple[str, int]) -> _Found:
        addresses: list[str] | None = None
        with suppress(OSError):
            addresses = await self._look_up(*key)
        found = self._known[key] = _Found(addresses, time.monotonic() + KNOWN_SECONDS)
        self._known.move_to_end(key)
        if len(self._known) > _MOST_HOSTS:
            self._known.popitem(last=False)
        return found

    def _spend(self, caller: str, now: float) -> bool:
        """Whether the caller may have a name looked up, which then counts."""
        budget = self._budgets.setdefault(caller, _Budget(BURST, now))
        self._budgets.move_to_end(caller)
        if len(self._budgets) > _MOST_CALLERS:
            self._budgets.popitem(last=False)
        budget.left, budget.at = min(BURST, budget.left + (now - budget.at) * A_SECOND), now
        if budget.left < 1:
            return False
        budget.left -= 1
        return True


def _written_out(host: str, port: int) -> list[str] | None:
    """The address that a host is, in any of the ways to write one; None if it is a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return list(dict.fromkeys(str(info[4][0]) for info in found))
