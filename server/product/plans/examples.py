"""Examples for the OpenAPI document, all of one plan: a half marathon's, whose third week is changed."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.models import Example

_PLAN_ID = "6f2b8a52-6f0e-5d0c-9c53-3b1f5c9d2a10"
_HASH = "9c1185a5c5e9fc54612808977ee8f548b2258d31f0f7d4d9a2c3b1b7d3a4f5e6"
_LONG = "/items/w3-long/data/km"


def _json(example: Any) -> dict[str, Any]:
    return {"application/json": {"example": example}}


_VERSION = {
    "version": 2,
    "is_current": True,
    "kind": "edit",
    "hash": _HASH,
    "parent": 1,
    "merged_from": None,
    "undoes": None,
    "summary": "Long run 14 → 16 km",
    "rationale": "There is time on Sunday",
    "issues": [],
    "author_kind": "person",
    "author_id": None,
    "run_id": None,
    "checkpoint_id": None,
    "created_at": "2026-04-01T09:00:00+00:00",
}
_CHANGE = {
    "change_id": _LONG,
    "id": "w3-long",
    "title": "Long run",
    "label": "Long run",
    "kind": "changed",
    "item_kind": "run",
    "text": "Long run 14 → 16 km",
    "field": "km",
    "before": 14,
    "after": 16,
}

PLAN = {
    **_json(
        {
            "plan_id": _PLAN_ID,
            "thread_id": "0b6e6a0e-52ab-4f0b-8a2f-3b9a3f0f6b1c",
            "owner_id": "local",
            "domain": "running",
            "title": "8-week half marathon plan",
            "head": 2,
            "created_at": "2026-04-01T08:00:00+00:00",
            "updated_at": "2026-04-01T09:00:00+00:00",
            "version": _VERSION,
            "document": {
                "schema": 1,
                "domain": "running",
                "meta": {"title": "8-week half marathon plan"},
                "items": {
                    "w3": {
                        "kind": "week",
                        "parent": None,
                        "rank": "a2",
                        "title": "Week 3",
                        "data": {"phase": "base", "start": "2026-04-20"},
                    },
                    "w3-long": {
                        "kind": "run",
                        "parent": "w3",
                        "rank": "a3",
                        "title": "Long run",
                        "data": {"date": "2026-04-26", "km": 16, "type": "long"},
                    },
                },
            },
        }
    ),
    "text/calendar": {
        "example": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Planloom//Plans//EN\r\n…END:VCALENDAR\r\n"
    },
    "text/markdown": {
        "example": "# 8-week half marathon plan\n\n## Week 3 (Mon 20 Apr, base)\n\n| Day | What | Details |\n"
        "|---|---|---|\n| Sun 26 Apr | Long run | 16 km, long |\n"
    },
}

COMPARISON = {
    **_json(
        {
            "plan_id": _PLAN_ID,
            "from": 1,
            "to": 2,
            "summary": "Long run 14 → 16 km",
            "stats": {"added": 0, "removed": 0, "changed": 1, "moved": 0},
            "changes": [_CHANGE],
        }
    ),
    "application/json-patch+json": {
        "example": [{"op": "test", "path": _LONG, "value": 14}, {"op": "replace", "path": _LONG, "value": 16}]
    },
    "text/markdown": {
        "example": "| Item | Change | Before | After |\n|---|---|---|---|\n| Long run | changed: km | 14 km | 16 km |\n"
    },
    "text/plain": {"example": "Long run 14 → 16 km\n"},
}

CONFLICT = _json(
    {
        "detail": f"changed meanwhile, too: {_LONG}; repeat the request with resolutions, ours or theirs for each",
        "head": 2,
        "conflicts": [
            {
                "kind": "field",
                "id": "w3-long",
                "path": ["data", "km"],
                "pointer": _LONG,
                "kept": "theirs",
                "base": 14,
                "ours": 18,
                "theirs": 16,
            }
        ],
        "issues": [],
    }
)

PROBLEMS = _json(
    {
        "detail": "op 0: there is no item 'w3-lnog' (nearest: w3-long)",
        "problems": [
            {
                "op_index": 0,
                "code": "unknown_id",
                "message": "there is no item 'w3-lnog'",
                "nearest": ["w3-long"],
            }
        ],
    }
)

JSON_PATCH_BODY = {
    "application/json-patch+json": {
        "schema": {"type": "array", "items": {"type": "object"}},
        "example": [{"op": "test", "path": _LONG, "value": 14}, {"op": "replace", "path": _LONG, "value": 16}],
    }
}

CHANGES: dict[str, Example] = {
    "operations": {
        "summary": "Typed operations",
        "value": {
            "rationale": "There is time on Sunday",
            "ops": [
                {"op": "update_item", "id": "w3-long", "set": {"km": 16}},
                {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"},
            ],
        },
    },
    "settled": {
        "summary": "The answer to a 409",
        "value": {
            "ops": [{"op": "update_item", "id": "w3-long", "set": {"km": 18}}],
            "resolutions": {_LONG: "ours"},
            "head": 2,
        },
    },
    "patch": {
        "summary": "A JSON Patch",
        "value": [{"op": "replace", "path": _LONG, "value": 16}],
    },
}

UNDOS: dict[str, Example] = {
    "last": {"summary": "The last change", "value": {}},
    "one": {"summary": "The change of one version", "value": {"version": 2}},
}

RESTORES: dict[str, Example] = {"first": {"summary": "As it was in version 1", "value": {"version": 1}}}
