"""Observes cases on both servers: many at once, those that need the server for themselves one after the other."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.conformance.case import Case
from tests.conformance.normalise import normalise
from tests.conformance.peer import Peer, peer_at

AT_ONCE = 10
CASE_SECONDS = 150


@dataclass(frozen=True)
class Observed:
    """What the two servers showed of one case, normalised; an exception if observing failed."""

    official: Any
    ours: Any


async def observe_all(cases: Iterable[Case], official_url: str, our_url: str) -> dict[str, Observed]:
    """What both servers show of every case, by the case's id."""
    everything = list(cases)
    places = asyncio.Semaphore(AT_ONCE)
    async with peer_at("official", official_url) as official, peer_at("ours", our_url) as ours:
        together = [case for case in everything if not case.alone]
        seen = await asyncio.gather(*(_both(case, official, ours, places) for case in together))
        found = dict(zip((case.id for case in together), seen, strict=True))
        for case in everything:
            if case.alone:
                found[case.id] = await _both(case, official, ours, places)
    return found


async def _both(case: Case, official: Peer, ours: Peer, places: asyncio.Semaphore) -> Observed:
    async with places:
        return Observed(*await asyncio.gather(_observe(case, official), _observe(case, ours)))


async def _observe(case: Case, peer: Peer) -> Any:
    try:
        async with asyncio.timeout(CASE_SECONDS):
            return normalise(await case.observe(peer), without=case.but_for)
    except Exception as error:  # noqa: BLE001 - the case's test raises it
        return error
