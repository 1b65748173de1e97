"""Short ranks for siblings whose ranks have grown long: the order stays, and nothing else changes."""

from __future__ import annotations

from agent.plan.document import Item, PlanDocument, children_of
from agent.plan.json_values import copy_json
from agent.plan.rank import REBALANCE_ABOVE, spread

TIDIED = "Ranks were shortened; nothing else changed"


def rebalanced(document: PlanDocument) -> PlanDocument | None:
    """The document with fresh ranks for all siblings of an item whose rank is too long; None if none is."""
    parents = {item.parent for item in document.items.values() if len(item.rank) > REBALANCE_ABOVE}
    if not parents:
        return None
    children = children_of(document.items)
    ranks = {
        item_id: rank
        for parent in parents
        for item_id, rank in zip(children[parent], spread(len(children[parent])), strict=True)
    }
    items: dict[str, Item] = {
        item_id: item.copy_with(rank=ranks.get(item_id, item.rank)) for item_id, item in document.items.items()
    }
    return PlanDocument.assemble(document.domain, copy_json(document.meta), items)
