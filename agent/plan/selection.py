"""Parts of a diff: each change that people speak of by itself, what it needs to make sense, and a diff of some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.plan.changes import Change, change_list, moved_fields
from agent.plan.diff import Diff, apply
from agent.plan.document import PlanDocument, tree_problems
from agent.plan.json_values import pointer
from agent.plan.problems import ChoiceError, Problem, nearest


@dataclass(frozen=True)
class Needs:
    """For each change by its `change_id`, the changes that it cannot go in without; only those that have some."""

    of: Mapping[str, frozenset[str]]

    def closure(self, wanted: Iterable[str]) -> frozenset[str]:
        """The changes, and all that they need."""
        found: set[str] = set()
        waiting = list(wanted)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.of.get(one, ())
        return frozenset(found)


def change_needs(change: Diff, before: PlanDocument, after: PlanDocument) -> Needs:
    """What each change of a diff needs: what comes under a new item needs that item, an item that goes needs
    everything under it to go or to move away, and an item's new kind needs the fields that fit it, and they it.
    """
    needs: dict[str, set[str]] = {}

    def need(one: str, other: str) -> None:
        needs.setdefault(one, set()).add(other)

    for item_id, item in change.added.items():
        if item.parent is not None and item.parent in change.added:
            need(pointer("items", item_id), pointer("items", item.parent))
    for item_id, move in change.moved.items():
        parent = move.after.parent
        if parent is not None and parent in change.added:
            need(_place_id(item_id, before, after), pointer("items", parent))
    for item_id, item in before.items.items():
        if item.parent is not None and item.parent in change.removed:
            leaves = pointer("items", item_id) if item_id in change.removed else _place_id(item_id, before, after)
            need(pointer("items", item.parent), leaves)
    for item_id, changes in change.changed.items():
        if any(one.path == ("kind",) for one in changes):
            together = {name for name, part in _field_parts(item_id, change, before, after) if part.changed}
            for one in together:
                for other in together - {one}:
                    need(one, other)
    return Needs({one: frozenset(others) for one, others in needs.items()})


def selectable(change: Diff, before: PlanDocument, after: PlanDocument) -> list[Change]:
    """`change_list`, each change with `needs`, the `change_id`s of those that it cannot go in without, if there are any."""
    needs = change_needs(change, before, after).of
    return [
        {**one, "needs": sorted(needs[one["change_id"]])} if one["change_id"] in needs else one
        for one in change_list(change, before, after)
    ]


def select(change: Diff, before: PlanDocument, after: PlanDocument, accepted: frozenset[str]) -> Diff:
    """The diff with the changes of these `change_id`s only. New ranks that nobody speaks of stay in it.

    Raises `ChoiceError` for an unknown id, and for a change without one that it needs: its text names both.
    """
    parts = dict(_parts(change, before, after))
    texts = {one["change_id"]: one["text"] for one in change_list(change, before, after)}
    problems = [
        Problem(None, "no_such_change", f"there is no change {one!r} in this diff", nearest(one, texts))
        for one in sorted(accepted - texts.keys())
    ]
    needs = change_needs(change, before, after)
    problems += [
        Problem(None, "needs_change", f"“{texts[one]}” needs “{texts[other]}”: accept both, or neither")
        for one in sorted(accepted & needs.of.keys())
        for other in sorted(needs.of[one] - accepted)
    ]
    if problems:
        raise ChoiceError(problems)
    wanted = _joined(part for one, part in parts.items() if one in accepted or one not in texts)
    broken = tree_problems(apply(before, wanted).items)
    if broken:
        raise ChoiceError([Problem(None, "needs_change", f"these changes do not fit together: {broken[0].message}")])
    return wanted


def _parts(change: Diff, before: PlanDocument, after: PlanDocument) -> Iterator[tuple[str, Diff]]:
    """Every change as a diff of its own, by the `change_id` that `change_list` gives it."""
    for field in dict.fromkeys(one.path[0] for one in change.meta):
        yield pointer("meta", field), Diff(meta=tuple(one for one in change.meta if one.path[0] == field))
    for item_id, item in change.added.items():
        yield pointer("items", item_id), Diff(added={item_id: item})
    for item_id, item in change.removed.items():
        yield pointer("items", item_id), Diff(removed={item_id: item})
    for item_id in dict.fromkeys([*change.changed, *change.moved]):
        yield from _field_parts(item_id, change, before, after)


def _field_parts(item_id: str, change: Diff, before: PlanDocument, after: PlanDocument) -> Iterator[tuple[str, Diff]]:
    folded = moved_fields(before.items[item_id], after.items[item_id])
    place = _place_id(item_id, before, after)
    grouped: dict[str, list[Any]] = {}
    for one in change.changed.get(item_id, ()):
        is_day = one.path[0] == "data" and one.path[1] in folded
        grouped.setdefault(place if is_day else pointer("items", item_id, *one.path[:2]), []).append(one)
    if item_id in change.moved:
        grouped.setdefault(place, [])
    for name, changes in grouped.items():
        yield (
            name,
            Diff(
                changed={item_id: tuple(changes)} if changes else {},
                moved={item_id: change.moved[item_id]} if name == place and item_id in change.moved else {},
            ),
        )


def _place_id(item_id: str, before: PlanDocument, after: PlanDocument) -> str:
    """What an item's new place is called: by its day if that is new too, since the two go together."""
    folded = moved_fields(before.items[item_id], after.items[item_id])
    return pointer("items", item_id, "data", folded[0]) if folded else pointer("items", item_id, "place")


def _joined(parts: Iterable[Diff]) -> Diff:
    found = list(parts)
    changed: dict[str, tuple[Any, ...]] = {}
    for part in found:
        for item_id, changes in part.changed.items():
            changed[item_id] = (*changed.get(item_id, ()), *changes)
    return Diff(
        meta=tuple(one for part in found for one in part.meta),
        added={item_id: item for part in found for item_id, item in part.added.items()},
        removed={item_id: item for part in found for item_id, item in part.removed.items()},
        changed=changed,
        moved={item_id: move for part in found for item_id, move in part.moved.items()},
    )
