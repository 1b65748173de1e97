"""No receiver may take all places: webhooks to one that hangs wait for each other, and others' go on."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

PER_HOST = 48
"""Webhooks that a process sends to one host at once."""


class HostLimits:
    """Who is being sent what by this process, and how many wait because that is too much."""

    def __init__(self, per_host: int = PER_HOST) -> None:
        self._per_host = per_host
        self._sending: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    def pause(self, host: str) -> timedelta | None:
        """How long the next webhook to the host has to wait; None if it may be sent.

        The more wait, the longer: so that looking again costs the same however many there are.
        """
        if self._sending[host] < self._per_host:
            return None
        self._waiting[host] += 1
        seconds = random.uniform(1, 2) * (1 + self._waiting[host] / self._per_host)  # noqa: S311 - nobody gains by guessing
        return timedelta(seconds=min(seconds, 60))

    @contextmanager
    def sending(self, host: str) -> Iterator[None]:
        """Count one that is being sent."""
        self._sending[host] += 1
        try:
            yield
        finally:
            self._sending[host] -= 1
            if not self._sending[host]:  # nobody is kept waiting any more: hosts are not remembered for ever
                del self._sending[host]
                self._waiting.pop(host, None)
