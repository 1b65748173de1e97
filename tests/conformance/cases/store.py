"""The store: items, search, namespaces."""

from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("store")


async def _shelf(peer: Peer) -> list[str]:
    """A namespace of this case's own, with three items."""
    namespace = ["shelf", f"s{uuid4()}"]
    for number, colour in enumerate(("red", "green", "blue")):
        await peer.sdk.store.put_item(
            namespace, key=colour, value={"colour": colour, "number": number, "deep": {"x": 1}}
        )
    return namespace


async def _search(peer: Peer, namespace: list[str], **body: Any) -> Any:
    answer = await peer.ask("POST", "/store/items/search", {"namespace_prefix": namespace, **body})
    return sorted(item["key"] for item in answer.body["items"]) if answer.status == 200 else answer.shown()


@cases.same()
async def an_item_is_put_without_a_word(peer: Peer) -> Any:
    asked = {"namespace": ["a", f"n{uuid4()}"], "key": "k", "value": {"x": 1}}
    return (await peer.ask("PUT", "/store/items", asked)).shown()


@cases.same()
async def an_item_is_got_by_namespace_and_key(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    return (await peer.ask("GET", f"/store/items?namespace={'.'.join(namespace)}&key=red")).shown()


@cases.same()
async def a_missing_item_is_null(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/store/items?namespace=nowhere.{uuid4()}&key=red")).shown()


@cases.same()
async def an_item_without_a_key_is_refused(peer: Peer) -> Any:
    return (await peer.ask("GET", "/store/items?namespace=a")).shown()


@cases.ours(
    [{"new": True}, True, True],
    because="the official server's in-memory store forgets when an item was first put",
)
async def a_second_put_replaces_the_value_and_keeps_its_birth(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    before = await peer.sdk.store.get_item(namespace, key="red")
    await peer.sdk.store.put_item(namespace, key="red", value={"new": True})
    after = await peer.sdk.store.get_item(namespace, key="red")
    return [after["value"], before["created_at"] == after["created_at"], before["updated_at"] < after["updated_at"]]


@cases.same()
async def a_deleted_item_is_gone(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    answers = [
        (await peer.ask("DELETE", "/store/items", {"namespace": namespace, "key": "red"})).shown() for _ in range(2)
    ]
    return [answers, await _search(peer, namespace)]


@cases.same()
async def an_empty_key_is_a_key(peer: Peer) -> Any:
    namespace = ["empty", f"n{uuid4()}"]
    answer = await peer.ask("PUT", "/store/items", {"namespace": namespace, "key": "", "value": {"x": 1}})
    return [answer.status, await _search(peer, namespace)]


@cases.same()
async def search_lists_what_is_under_a_prefix(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    await peer.sdk.store.put_item([*namespace, "below"], key="deep", value={"x": 1})
    return [
        await _search(peer, namespace),
        await _search(peer, [*namespace, "below"]),
        await _search(peer, ["nowhere"]),
    ]


@cases.same()
async def found_items_have_a_score(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    answer = await peer.ask(
        "POST", "/store/items/search", {"namespace_prefix": namespace, "limit": 1, "filter": {"number": 0}}
    )
    return answer.shown()


@cases.same()
async def search_has_pages(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    sizes = []
    for page in ({"limit": 2}, {"limit": 2, "offset": 2}, {"offset": 9}):
        answer = await peer.ask("POST", "/store/items/search", {"namespace_prefix": namespace, **page})
        sizes.append([answer.status, answer.headers, len(answer.body["items"])])
    return sizes


for _sentence, _filter in {
    "by equality": {"colour": "red"},
    "by deep equality": {"deep": {"x": 1}},
    "by a value that nothing has": {"colour": "pink"},
    "by $eq": {"number": {"$eq": 1}},
    "by $ne": {"number": {"$ne": 1}},
    "by $gt": {"number": {"$gt": 1}},
    "by $gte": {"number": {"$gte": 1}},
    "by $lt": {"number": {"$lt": 1}},
    "by $lte": {"number": {"$lte": 1}},
    "by two operators": {"number": {"$gt": 0, "$lt": 2}},
    "by two keys": {"number": {"$gte": 1}, "colour": "blue"},
    "by a key that nothing has": {"nowhere": 1},
    "by an unknown operator": {"number": {"$zz": 1}},
}.items():

    async def _filtered(peer: Peer, wanted: dict[str, Any] = _filter) -> Any:
        return await _search(peer, await _shelf(peer), filter=wanted)

    # what the official store refuses, it refuses to all who ask in the same moment
    cases.row(f"search filters {_sentence}", _filtered, alone="unknown" in _sentence)


@cases.same()
async def a_query_without_an_index_is_no_filter(peer: Peer) -> Any:
    return await _search(peer, await _shelf(peer), query="something red")


@cases.ours(200, because="the official server answers 500 to a search without a prefix; it means everything")
async def a_search_without_a_prefix_is_of_everything(peer: Peer) -> Any:
    async with peer.fresh_http() as http:
        return (await http.post("/store/items/search", json={"limit": 1})).status_code


@cases.same()
async def namespaces_are_listed(peer: Peer) -> Any:
    root = f"r{uuid4()}"
    for namespace in (["a"], ["a", "b"], ["c"]):
        await peer.sdk.store.put_item([root, *namespace], key="k", value={})
    shown = []
    for body in (
        {"prefix": [root]},
        {"prefix": [root, "a"]},
        {"prefix": [root], "suffix": ["b"]},
        {"prefix": [root], "max_depth": 2},
        {"prefix": [root, "*"]},
        {"prefix": [root], "limit": 1},
    ):
        answer = await peer.ask("POST", "/store/namespaces", body)
        shown.append([answer.status, sorted(answer.body), sorted(answer.body["namespaces"])])
    return shown


@cases.same()
async def a_value_may_be_any_object(peer: Peer) -> Any:
    namespace = ["values", f"n{uuid4()}"]
    value = {"text": "Grüße 🏃", "list": [1, None, {"x": 1.5}], "null": None, "empty": {}}
    await peer.sdk.store.put_item(namespace, key="k", value=value)
    return (await peer.sdk.store.get_item(namespace, key="k"))["value"]


@cases.same()
async def an_empty_namespace_is_refused(peer: Peer) -> Any:
    return (await peer.ask("PUT", "/store/items", {"namespace": [], "key": "k", "value": {}})).shown()


@cases.same()
async def the_librarys_own_namespace_is_refused(peer: Peer) -> Any:
    answer = await peer.ask("PUT", "/store/items", {"namespace": ["langgraph"], "key": "k", "value": {}})
    return [answer.status, "langgraph" in str(answer.body)]


for _sentence, _body in {
    "a label with a dot": {"namespace": ["a.b"], "key": "k", "value": {}},
    "an empty label": {"namespace": [""], "key": "k", "value": {}},
    "no key": {"namespace": ["a"], "value": {}},
    "no value": {"namespace": ["a"], "key": "k"},
    "a value that is no object": {"namespace": ["a"], "key": "k", "value": [1]},
    "a namespace that is text": {"namespace": "a", "key": "k", "value": {}},
    "index true": {"namespace": ["a"], "key": "k", "value": {}, "index": True},
}.items():

    async def _refused(peer: Peer, body: dict[str, Any] = _body) -> Any:
        return (await peer.ask("PUT", "/store/items", body)).status

    cases.row(f"an item with {_sentence} is refused", _refused)


@cases.same()
async def index_false_is_accepted(peer: Peer) -> Any:
    asked = {"namespace": ["a", f"n{uuid4()}"], "key": "k", "value": {"x": 1}, "index": False}
    return (await peer.ask("PUT", "/store/items", asked)).status


@cases.same()
async def a_time_to_live_is_accepted(peer: Peer) -> Any:
    namespace = ["a", f"n{uuid4()}"]
    asked = {"namespace": namespace, "key": "k", "value": {"x": 1}, "ttl": 60}
    return [(await peer.ask("PUT", "/store/items", asked)).status, await _search(peer, namespace)]


@cases.same()
async def what_a_graph_keeps_is_in_the_store(peer: Peer) -> Any:
    await peer.wait(await peer.thread(), "keeps", input={"fact": "seen"})
    return (await peer.sdk.store.get_item(["facts", "seen"], key="it"))["value"]
