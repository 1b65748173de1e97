"""A local server that speaks Duffel's format, for the adapter: it records what it is asked and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import serving


@dataclass
class DuffelServer:
    """`answers` are (status, body, headers), used up in order, the last one again and again; `asked` what was sent."""

    answers: list[tuple[int, Any, dict[str, str]]]
    url: str = ""
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


@contextmanager
def duffel(*answers: tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> Iterator[DuffelServer]:
    """Serve on a free port of this machine."""
    told = [(one[0], one[1], one[2] if len(one) > 2 else {}) for one in answers]  # type: ignore[misc]
    state = DuffelServer(told)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
            status, answer, headers = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(content)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server) as state.url:
        yield state


def place(code: str, zone: str) -> dict[str, str]:
    return {"iata_code": code, "time_zone": zone, "type": "airport", "name": code}


def offer(number: int, amount: str, currency: str = "GBP") -> dict[str, Any]:
    """An offer from London to New York, as Duffel writes it: local times without offsets, amounts as strings."""
    segment = {
        "origin": place("LHR", "Europe/London"),
        "destination": place("JFK", "America/New_York"),
        "departing_at": "2026-05-04T10:00:00",
        "arriving_at": "2026-05-04T13:00:00",
        "marketing_carrier": {"name": "Duffel Airways", "iata_code": "ZZ"},
        "marketing_carrier_flight_number": f"{number:04d}",
        "duration": "PT8H",
    }
    return {
        "id": f"off_{number}",
        "total_amount": amount,
        "total_currency": currency,
        "owner": {"name": "Duffel Airways", "iata_code": "ZZ"},
        "expires_at": "2026-04-01T12:30:00.000000Z",
        "slices": [{"id": "sli_1", "segments": [segment]}],
    }


def offers(*told: dict[str, Any], live: bool = False) -> dict[str, Any]:
    return {"data": {"id": "orq_1", "live_mode": live, "offers": list(told)}}


def stays(*prices: str) -> dict[str, Any]:
    results = [
        {
            "id": f"srr_{number}",
            "accommodation": {
                "name": f"Hotel {number}",
                "rating": 4,
                "location": {"geographic_coordinates": {"latitude": 48.85, "longitude": 2.35}},
            },
            "cheapest_rate_total_amount": price,
            "cheapest_rate_currency": "EUR",
        }
        for number, price in enumerate(prices, start=1)
    ]
    return {"data": {"results": results, "created_at": "2026-04-01T12:00:00Z"}}


def refusal(status: int, message: str) -> dict[str, Any]:
    return {"errors": [{"title": "No", "message": message, "type": "x"}], "meta": {"status": status, "request_id": "r"}}
