"""What callers of the API can do with the store."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Self

from langgraph.store.base import (
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchItem,
    SearchOp,
)

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.policy import Action
from server.errors import Invalid, Malformed
from server.store.filters import conditions
from server.store.repository import ItemStore
from server.store.schemas import ItemDelete, ItemPut, ItemSearch, NamespaceSearch

RESERVED_ROOT = "langgraph"
MAX_NAME_BYTES = 2000
"""How long a namespace and a key may be together: Postgres indexes them, and its index entries end at 2.7 kB."""

MAX_PATH_BYTES = 500
"""The same for a path of `index`, which is a part of an index entry, too."""


class StoreService:
    """Items by namespace and key.

    Every request is a batch of its own: the library answers requests that it batches together with one failure for all.
    """

    def __init__(self, store: ItemStore) -> None:
        self._store = store
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who may do what the project's auth says, in the namespaces that it says."""
        return bound_to(access, self)

    async def put(self, request: ItemPut) -> None:
        """Keep an item, instead of the one there. Raises `Malformed` or `Invalid` for a name that cannot be."""
        value: dict[str, Any] = {"key": request.key, "value": request.value, "index": request.index}
        namespace, value = await self._allowed("put", request.namespace, value)
        if not namespace:
            raise Invalid("Namespace cannot be empty.")
        if namespace[0] == RESERVED_ROOT:
            raise Invalid(f'Root label for namespace cannot be "{RESERVED_ROOT}". Got: {namespace}')
        if len(".".join(namespace).encode()) + len(request.key.encode()) > MAX_NAME_BYTES:
            raise Malformed(f"namespace and key are longer than {MAX_NAME_BYTES} bytes together; shorten them")
        if request.index and max(len(path.encode()) for path in request.index) > MAX_PATH_BYTES:
            raise Malformed(f"a path in index is longer than {MAX_PATH_BYTES} bytes; shorten it")
        ttl = request.ttl if "ttl" in request.model_fields_set else self._store.default_ttl
        await self._store.abatch([PutOp(namespace, request.key, value["value"], value["index"], ttl)])

    async def get(self, namespace: Sequence[str], key: str, refresh_ttl: bool | None) -> dict[str, Any] | None:
        """The item of that key, if there is one."""
        labels, _ = await self._allowed("get", namespace, {"key": key})
        op = GetOp(labels, key, self._refreshes(refresh_ttl))
        [item] = await self._store.abatch([op])
        return _wire(item) if isinstance(item, Item) else None

    async def delete(self, request: ItemDelete) -> None:
        """Delete the item of that key, if there is one."""
        namespace, _ = await self._allowed("delete", request.namespace or (), {"key": request.key})
        await self._store.abatch([PutOp(namespace, request.key, None)])

    async def search(self, request: ItemSearch) -> list[dict[str, Any]]:
        """A page of the items that match, the nearest in meaning or the last updated first.

        Raises `Invalid` for an operator that there is not.
        """
        wanted = request.filter or {}
        list(conditions(wanted))  # refused here, where it is the caller's doing
        asked: dict[str, Any] = {
            "filter": wanted,
            "limit": request.limit,
            "offset": request.offset,
            "query": request.query,
        }
        prefix, asked = await self._allowed("search", request.namespace_prefix or (), asked)
        wanted = asked["filter"] or {}
        op = SearchOp(
            prefix,
            wanted,
            request.limit,
            request.offset,
            request.query,
            self._refreshes(request.refresh_ttl),
        )
        [found] = await self._store.abatch([op])
        items = found if isinstance(found, list) else []
        return [{**_wire(item), "score": item.score} for item in items if isinstance(item, SearchItem)]

    async def namespaces(self, request: NamespaceSearch) -> list[tuple[str, ...]]:
        """A page of the namespaces that match, in order."""
        matches: list[MatchCondition] = []
        asked: dict[str, Any] = {
            "suffix": tuple(request.suffix) if request.suffix else None,
            "max_depth": request.max_depth,
            "limit": request.limit,
            "offset": request.offset,
        }
        prefix, _ = await self._allowed("list_namespaces", request.prefix or (), asked)
        if prefix:
            matches.append(MatchCondition("prefix", prefix))
        if request.suffix:
            matches.append(MatchCondition("suffix", _namespace(request.suffix)))
        op = ListNamespacesOp(tuple(matches), request.max_depth, request.limit, request.offset)
        [found] = await self._store.abatch([op])
        return [path for path in found if isinstance(path, tuple)] if isinstance(found, list) else []

    async def _allowed(
        self, action: Action, namespace: Sequence[str], value: dict[str, Any]
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The namespace that the caller may do it in, and what it may do: the project's handler may have changed both."""
        value["namespace"] = _namespace(namespace)
        await self._access.may("store", action, value)
        return _namespace(value["namespace"] or ()), value

    def _refreshes(self, asked: bool | None) -> bool:
        return self._store.refreshes_on_read if asked is None else asked


def _namespace(labels: Sequence[str]) -> tuple[str, ...]:
    for label in labels:
        if not label or "." in label or "\0" in label:
            raise Malformed(f"Namespace label '{label}' must be a non-empty string without periods")
    return tuple(labels)


def _wire(item: Item) -> dict[str, Any]:
    return {
        "namespace": item.namespace,
        "key": item.key,
        "value": item.value,
        "created_at": item.created_at.astimezone(UTC),
        "updated_at": item.updated_at.astimezone(UTC),
    }
