"""A diff as the changes that people speak of: a new date is a move, a new distance is one line, ranks are silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Literal

from agent.plan.dates import SPAN_FIELDS, day_of, parse_day
from agent.plan.diff import ABSENT, Diff, FieldChange, Move
from agent.plan.document import Item, PlanDocument
from agent.plan.json_values import Json, copy_json, pointer
from agent.plan.wording import HEADLINE_FIELDS, change_text, day_text, unit_of, value_text

Change = dict[str, Json]
ChangeKind = Literal["added", "removed", "changed", "moved"]


def change_list(change: Diff, before: PlanDocument, after: PlanDocument) -> list[Change]:
    """What changed, by day: `{change_id, id, title, label, kind, item_kind, field?, before?, after?, text}`, plain JSON.

    `change_id` names the change within the diff, the same whenever it is computed: a JSON Pointer to what it is about.
    `kind` is added, removed, changed or moved; `label` tells items of one title apart; `id` and `item_kind` are null
    for the plan's own facts. A field inside an object is reported as a change of the whole object. New ranks that
    leave the order as it was are no change to speak of.
    """
    return list(_Changes(change, before, after).all())


class _Changes:
    def __init__(self, change: Diff, before: PlanDocument, after: PlanDocument) -> None:
        self.change, self.before, self.after = change, before, after
        touched = [self._shown(item_id) for item_id in sorted(change.touched)]
        self.titles = Counter(item.title for item in touched)
        self.days = Counter((item.title, day_of(item)) for item in touched)
        self.silent = reranked(change, before, after)

    def all(self) -> Iterator[Change]:
        for field in _top_fields(self.change.meta, depth=0):
            old, new = self.before.meta.get(field, ABSENT), self.after.meta.get(field, ABSENT)
            text = change_text("Plan", field, old, new)
            yield _entry(
                pointer("meta", field), None, "Plan", "changed", None, text, field=field, before=old, after=new
            )
        for item_id in sorted(self.change.touched, key=self._order):
            if item_id in self.change.added:
                yield self._whole(item_id, "added", "Added")
            elif item_id in self.change.removed:
                yield self._whole(item_id, "removed", "Removed")
            else:
                yield from self._edited(item_id)

    def _edited(self, item_id: str) -> Iterator[Change]:
        old, new = self.before.items[item_id], self.after.items[item_id]
        changes = self.change.changed.get(item_id, ())
        folded = moved_fields(old, new)
        if folded:
            yield self._new_day(item_id, old, new, folded[0])
        elif item_id in self.change.moved and item_id not in self.silent:
            yield self._new_place(item_id, self.change.moved[item_id])
        label = self._label(item_id)
        for one in changes:
            if one.path == ("title",):
                text = f"Renamed {old.title} to {new.title}"
                yield self._field(item_id, ("title",), one.before, one.after, text)
            elif one.path == ("kind",):
                text = change_text(label, "kind", one.before, one.after)
                yield self._field(item_id, ("kind",), one.before, one.after, text)
        for field in _top_fields(changes, depth=1):
            if field not in folded:
                values = old.data.get(field, ABSENT), new.data.get(field, ABSENT)
                yield self._field(item_id, ("data", field), *values, change_text(label, field, *values))

    def _new_day(self, item_id: str, old: Item, new: Item, field: str) -> Change:
        was, now = parse_day(old.data[field]), parse_day(new.data[field])
        assert was is not None and now is not None  # noqa: S101  both sides have a day: see `moved_fields`
        years = was.year != now.year
        start, end = day_text(was, with_year=years), day_text(now, with_year=years)
        text = f"Moved {old.title} from {start} to {end}"
        return _entry(
            pointer("items", item_id, "data", field),
            item_id,
            new.title,
            "moved",
            new.kind,
            text,
            field=field,
            before=old.data[field],
            after=new.data[field],
        )

    def _new_place(self, item_id: str, move: Move) -> Change:
        item, label, place = self.after.items[item_id], self._label(item_id), pointer("items", item_id, "place")
        if move.before.parent == move.after.parent:
            return _entry(
                place,
                item_id,
                item.title,
                "moved",
                item.kind,
                f"Reordered {label}",
                label=label,
                field="rank",
                before=move.before.rank,
                after=move.after.rank,
            )
        was, now = _name(self.before, move.before.parent), _name(self.after, move.after.parent)
        text = f"Moved {label} from {was} to {now}"
        return _entry(
            place,
            item_id,
            item.title,
            "moved",
            item.kind,
            text,
            label=label,
            field="parent",
            before=move.before.parent,
            after=move.after.parent,
        )

    def _whole(self, item_id: str, kind: ChangeKind, verb: str) -> Change:
        item = self._shown(item_id)
        day = day_of(item)
        amounts = [f"{value_text(item.data[name])}{unit_of(name)}" for name in HEADLINE_FIELDS if name in item.data]
        text = f"{verb} {item.title}" + (f" on {day_text(day)}" if day else "")
        text += f" ({', '.join(amounts)})" if amounts else ""
        return _entry(pointer("items", item_id), item_id, item.title, kind, item.kind, text)

    def _field(self, item_id: str, path: tuple[str, ...], old: Json, new: Json, text: str) -> Change:
        item = self.after.items[item_id]
        return _entry(
            pointer("items", item_id, *path),
            item_id,
            item.title,
            "changed",
            item.kind,
            text,
            label=self._label(item_id),
            field=path[-1],
            before=old,
            after=new,
        )

    def _label(self, item_id: str) -> str:
        """The title, with the day or the id where the title alone would be ambiguous among the changes."""
        item = self._shown(item_id)
        day = day_of(item)
        if self.titles[item.title] == 1:
            return item.title
        if day is not None and self.days[item.title, day] == 1:
            return f"{item.title} ({day_text(day)})"
        return f"{item.title} ({item_id})"

    def _shown(self, item_id: str) -> Item:
        return self.after.items[item_id] if item_id in self.after.items else self.before.items[item_id]

    def _order(self, item_id: str) -> tuple[date, str]:
        old = self.before.items.get(item_id)
        return day_of(old if old is not None else self.after.items[item_id]) or date.min, item_id


def reranked(change: Diff, before: PlanDocument, after: PlanDocument) -> frozenset[str]:
    """Ids of items with a new rank among siblings whose order is what it was."""
    within: dict[str | None, list[str]] = {}
    for item_id, move in change.moved.items():
        if move.before.parent == move.after.parent:
            within.setdefault(move.after.parent, []).append(item_id)
    if not within:
        return frozenset()
    silent: set[str] = set()
    for parent, ids in within.items():
        orders = (
            sorted(
                (item.rank, item_id)
                for item_id, item in side.items.items()
                if item.parent == parent and item_id in other.items and other.items[item_id].parent == parent
            )
            for side, other in ((before, after), (after, before))
        )
        was, now = ([item_id for _, item_id in order] for order in orders)
        if was == now:
            silent.update(ids)
    return frozenset(silent)


def moved_fields(old: Item, new: Item) -> list[str]:
    """The span fields whose day changed, all by the same number of days; empty if they did not move as one."""
    moves: dict[str, int] = {}
    for name in SPAN_FIELDS:
        was, now = parse_day(old.data.get(name)), parse_day(new.data.get(name))
        if was is not None and now is not None and was != now:
            if old.data[name][10:] != new.data[name][10:]:
                return []
            moves[name] = (now - was).days
    return list(moves) if len(set(moves.values())) == 1 else []


def _top_fields(changes: tuple[FieldChange, ...], depth: int) -> list[str]:
    """The names at `depth` of the changed paths, each once, in order."""
    return list(dict.fromkeys(change.path[depth] for change in changes if len(change.path) > depth))


def _name(document: PlanDocument, item_id: str | None) -> str:
    return "the top level" if item_id is None else document.items[item_id].title


def _entry(
    change_id: str,
    item_id: str | None,
    title: str,
    kind: ChangeKind,
    item_kind: str | None,
    text: str,
    *,
    label: str | None = None,
    field: str | None = None,
    before: Json = ABSENT,
    after: Json = ABSENT,
) -> Change:
    entry: Change = {
        "change_id": change_id,
        "id": item_id,
        "title": title,
        "label": label or title,
        "kind": kind,
        "item_kind": item_kind,
        "text": text,
    }
    if field is not None:
        entry["field"] = field
    entry.update(
        (side, copy_json(value)) for side, value in (("before", before), ("after", after)) if value is not ABSENT
    )
    return entry
