"""Which providers answer searches, as the environment says: the only module of these tools that reads it.

FLIGHTS_PROVIDER and STAYS_PROVIDER are `sample` (the default) or `duffel`, which needs DUFFEL_TOKEN; DUFFEL_URL is for
a proxy or a test. A provider that is named and cannot be used is an error: sample data never stands in for it.
"""

import os
from collections.abc import Mapping

from tools.travel.duffel import API, Duffel
from tools.travel.flight_search import FlightSearch
from tools.travel.sample_flights import SampleFlights
from tools.travel.stay_search import SampleStays, StaySearch


class ProviderNotConfigured(ValueError):
    """The environment names a provider that cannot be used; the message says what to set."""


def flight_provider(env: Mapping[str, str] | None = None) -> FlightSearch:
    """Return the provider of flights. Raises ProviderNotConfigured."""
    env = os.environ if env is None else env
    return _duffel(env) if _named(env, "FLIGHTS_PROVIDER") == "duffel" else SampleFlights()


def stay_provider(env: Mapping[str, str] | None = None) -> StaySearch:
    """Return the provider of places to stay. Raises ProviderNotConfigured."""
    env = os.environ if env is None else env
    return _duffel(env) if _named(env, "STAYS_PROVIDER") == "duffel" else SampleStays()


def _named(env: Mapping[str, str], variable: str) -> str:
    name = env.get(variable, "").strip().lower() or "sample"
    if name not in ("sample", "duffel"):
        raise ProviderNotConfigured(f"{variable} is {name!r}; it can be sample or duffel.")
    return name


def _duffel(env: Mapping[str, str]) -> Duffel:
    token = env.get("DUFFEL_TOKEN", "").strip()
    if not token:
        raise ProviderNotConfigured("Searching with Duffel needs DUFFEL_TOKEN (https://duffel.com); it is not set.")
    return Duffel(token, env.get("DUFFEL_URL", "").strip() or API)
