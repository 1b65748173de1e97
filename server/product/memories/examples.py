"""Examples for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_MEMORY = {
    "id": "0f4e2a8f7f0b5a3c8f3f6e4b1d2c3a4b",
    "kind": "preference",
    "text": "I prefer running in the morning",
    "source": {
        "graph": "coach",
        "by": "tool",
        "said_at": "2026-04-01T09:00:00+01:00",
        "thread_id": "01a1fdae-fea8-7243-a2d8-08b653b3a989",
        "message_id": "6a2c5b1e-0a43-4d4b-9f0e-0d8c1f0e7b55",
        "run_id": "01a1fdae-ff10-7d31-8a2e-5f8d9f6f4a10",
    },
    "created_at": "2026-04-01T08:00:02+00:00",
    "updated_at": "2026-04-01T08:00:02+00:00",
}


def _json(example: Any) -> dict[str, Any]:
    return {"application/json": {"example": example}}


MEMORY = _json(_MEMORY)
MEMORIES = _json({"memories": [_MEMORY], "found": []})
FORGOTTEN = _json({"facts": 3, "messages": 42})
NOT_FOUND = _json({"detail": "there is no memory 0f4e2a8f7f0b5a3c8f3f6e4b1d2c3a4b"})
