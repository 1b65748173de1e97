"""A plan while edits are being carried out on it: items can be put and taken; documents outside never change."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from agent.plan import rank
from agent.plan.dates import day_of, period_for
from agent.plan.document import ITEM_ID, Item, PlanDocument
from agent.plan.json_values import Json, copy_json
from agent.plan.problems import EditError, Problem, nearest


def refusal(code: str, message: str, near: tuple[str, ...] = ()) -> EditError:
    """An `EditError` with one problem; the compiler adds the op's index."""
    return EditError([Problem(None, code, message, near)])


class Workspace:
    """Items and meta under edit. `items` may be read; it is changed through the methods only."""

    def __init__(self, document: PlanDocument, retired_ids: frozenset[str], seed: str) -> None:
        self.domain = document.domain
        self.meta: dict[str, Json] = copy_json(document.meta)
        self.items: dict[str, Item] = dict(document.items)
        self._retired = set(retired_ids)
        self._seed = seed

    def document(self) -> PlanDocument:
        """The result, sharing nothing with the document it came from."""
        items = {item_id: item.copy_with() for item_id, item in self.items.items()}
        return PlanDocument.assemble(self.domain, copy_json(self.meta), items)

    def get(self, item_id: str) -> Item:
        """An item by id. Raises `EditError` with the nearest ids."""
        if item_id not in self.items:
            raise refusal("unknown_id", f"there is no item {item_id!r}", nearest(item_id, self.items))
        return self.items[item_id]

    def put(self, item_id: str, item: Item) -> None:
        """Add or replace."""
        self.items[item_id] = item

    def take(self, item_id: str) -> None:
        """Remove, for good: the id is not used again."""
        del self.items[item_id]
        self._retired.add(item_id)

    def claim_id(self, wanted: str | None, title: str, index: int) -> str:
        """An id for a new item. Raises `EditError` for one that is malformed, taken, or was taken before."""
        if wanted is None:
            return self._make_id(title, index)
        if not ITEM_ID.fullmatch(wanted):
            raise refusal("bad_id", f"{wanted!r} is no id: letters, digits, '-', '_' and '.', at most 80")
        if wanted in self.items:
            raise refusal("id_exists", f"there is an item {wanted!r} already; update it or use another id")
        if wanted in self._retired:
            raise refusal("id_retired", f"{wanted!r} was the id of a removed item; ids are not used twice")
        return wanted

    def free_id(self, wanted: str, title: str, index: int) -> str:
        """The wanted id, or one made from the title if that is taken or was taken before."""
        free = ITEM_ID.fullmatch(wanted) and wanted not in self.items and wanted not in self._retired
        return wanted if free else self._make_id(f"{title} {wanted}", index)

    def _make_id(self, title: str, index: int) -> str:
        # Not random, so that a run which is replayed makes the same item again.
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "item"
        attempt = 0
        while True:
            digest = hashlib.sha256(f"{self._seed}/{index}/{attempt}/{title}".encode()).hexdigest()
            made = f"{slug}-{digest[:4]}"
            if made not in self.items and made not in self._retired:
                return made
            attempt += 1

    def siblings(self, parent: str | None, without: str | None = None) -> list[str]:
        """Ids under a parent in rank order, one left out."""
        found = (one for one, item in self.items.items() if item.parent == parent and one != without)
        return sorted(found, key=lambda one: (self.items[one].rank, one))

    def rank_at_end(self, parent: str | None, without: str | None = None) -> str:
        """A rank behind all children of `parent`."""
        siblings = self.siblings(parent, without)
        return rank.after(self.items[siblings[-1]].rank if siblings else None)

    def rank_beside(self, sibling: str, *, before: bool, without: str | None = None) -> str:
        """A rank right before or right after a sibling. Raises `EditError` if none is free."""
        own = self.items[sibling].rank
        ranks = sorted(self.items[one].rank for one in self.siblings(self.items[sibling].parent, without))
        low = max((one for one in ranks if one < own), default=None) if before else own
        high = own if before else min((one for one in ranks if one > own), default=None)
        try:
            return rank.between(low, high)
        except rank.NoRoomError as error:
            raise refusal("no_room", f"no rank is free beside {sibling}") from error

    def rank_by_day(self, parent: str | None, item_id: str, item: Item) -> str:
        """A rank under `parent` before the first child on a later day, or behind all."""
        day = day_of(item)
        for sibling in self.siblings(parent, without=item_id):
            other = day_of(self.items[sibling])
            if day is not None and other is not None and other > day:
                return self.rank_beside(sibling, before=True, without=item_id)
        return self.rank_at_end(parent, without=item_id)

    def put_on_its_day(self, item_id: str, item: Item) -> None:
        """Put an item whose day changed: it goes to the week that its day is in, if its parent is such a week."""
        parent = period_for(self.items, item)
        if parent != item.parent:
            item = item.copy_with(parent=parent, rank=self.rank_by_day(parent, item_id, item))
        self.put(item_id, item)

    def is_inside(self, item_id: str, ancestor: str) -> bool:
        """Whether `item_id` is `ancestor` or below it."""
        current: str | None = item_id
        while current is not None:
            if current == ancestor:
                return True
            current = self.items[current].parent
        return False
