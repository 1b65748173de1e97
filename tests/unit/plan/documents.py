"""Random plans for the laws of the kernel, and one small running plan for examples."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from agent.plan.document import PlanDocument
from agent.plan.rank import spread

IDS = [f"i{number}" for number in range(8)]
KEYS = ["km", "a", "b", "a/b", "~", "~1", "", "ü"]
SCALARS: list[Any] = [None, True, False, 0, 1, 1.0, -1, 0.5, "", "1", "true", "x/y", {}, []]

values = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
        st.lists(st.sampled_from([0, 1, True, "t"]), max_size=2),
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)


@st.composite
def items(draw: st.DrawFn, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Items of these ids, in a random forest."""
    order = draw(st.permutations(ids))
    return {
        item_id: {
            "kind": draw(st.sampled_from(["run", "week"])),
            "parent": draw(st.sampled_from([None, *order[:position]])),
            "rank": draw(st.sampled_from(["a0", "a1", "a1V", "b00", "Zz"])),
            "title": draw(st.sampled_from(["Easy", "Long", ""])),
            "data": draw(objects),
        }
        for position, item_id in enumerate(order)
    }


@st.composite
def documents(draw: st.DrawFn) -> PlanDocument:
    """Any plan of a few items."""
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6))
    return PlanDocument.from_json({"schema": 1, "domain": "running", "meta": draw(objects), "items": draw(items(ids))})


@st.composite
def edited(draw: st.DrawFn, base: PlanDocument) -> PlanDocument:
    """The plan as somebody might leave it: some items gone, new, rewritten, or with one field changed."""
    record = base.to_json()
    if draw(st.integers(0, 3)) == 0:
        record["meta"] = draw(objects)
    for item_id in list(record["items"]):
        match draw(st.sampled_from(["keep", "keep", "keep", "field", "title", "place", "data", "remove"])):
            case "field":
                record["items"][item_id]["data"][draw(st.sampled_from(KEYS))] = draw(values)
            case "title":
                record["items"][item_id]["title"] = draw(st.sampled_from(["Easy", "Long", "Tempo"]))
            case "place":
                record["items"][item_id]["parent"] = draw(st.sampled_from([None, *record["items"]]))
                record["items"][item_id]["rank"] = draw(st.sampled_from(["a0", "a5"]))
            case "data":
                record["items"][item_id]["data"] = draw(objects)
            case "remove":
                del record["items"][item_id]
    free = [item_id for item_id in IDS if item_id not in base.items]
    new_ids = draw(st.lists(st.sampled_from(free), unique=True, max_size=2)) if free else []
    for item_id, item in draw(items(new_ids)).items():
        record["items"][item_id] = item
        if draw(st.booleans()):
            item["parent"] = draw(st.sampled_from([None, *(one for one in record["items"] if one in base.items)]))
    return PlanDocument.from_json(mended(record))


def mended(record: dict[str, Any]) -> dict[str, Any]:
    """Items whose parents are gone, or that would be inside themselves, go to the top level."""
    tree = record["items"]
    for item_id, item in tree.items():
        seen = {item_id}
        current = item["parent"]
        while current is not None and current in tree and current not in seen:
            seen.add(current)
            current = tree[current]["parent"]
        if current is not None:
            item["parent"] = None
    return record


@st.composite
def pairs(draw: st.DrawFn) -> tuple[PlanDocument, PlanDocument]:
    """Two plans: one an edited form of the other, or two that merely share some ids."""
    base = draw(documents())
    return base, draw(st.one_of(edited(base), documents()))


@st.composite
def triples(draw: st.DrawFn) -> tuple[PlanDocument, PlanDocument, PlanDocument]:
    """A base and what two people made of it."""
    base = draw(documents())
    return base, draw(edited(base)), draw(edited(base))


def half_marathon(weeks: int = 3) -> PlanDocument:
    """Weeks from Monday 6 April 2026 with a tempo on Tuesday, an easy run on Thursday, a long run on Sunday."""
    tree: dict[str, Any] = {}
    for number, week_rank in enumerate(spread(weeks)):
        monday = date(2026, 4, 6) + timedelta(weeks=number)
        week = f"w{number + 1}"
        tree[week] = {
            "kind": "week",
            "parent": None,
            "rank": week_rank,
            "title": f"Week {number + 1}",
            "data": {"phase": "base", "start": monday.isoformat()},
        }
        runs = (("tempo", 1, 6, "Tempo"), ("easy", 3, 5, "Easy run"), ("long", 6, 14, "Long run"))
        for (kind, day, km, title), rank in zip(runs, spread(3), strict=True):
            tree[f"{week}-{kind}"] = {
                "kind": "run",
                "parent": week,
                "rank": rank,
                "title": title,
                "data": {
                    "date": (monday + timedelta(days=day)).isoformat(),
                    "km": km,
                    "type": kind,
                    "pace": {"lo": 330, "hi": 360},
                },
            }
    meta = {"title": "Half marathon", "goal": {"time": "1:50"}}
    return PlanDocument.from_json({"schema": 1, "domain": "running", "meta": meta, "items": tree})
