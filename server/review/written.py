"""What a node wrote, looked through for what a review shows: messages, tool calls, passages that were found, plan changes.

Any graph's updates: found by the shapes of LangChain's messages and documents, wherever in the update they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from server.chat.plan_events import PlanDiff, RetrievalHits
from server.review.model import Usage

_DEPTH = 6

Message = dict[str, Any]


def messages_in(value: Any, depth: int = _DEPTH) -> Iterator[Message]:
    """The messages of models and tools anywhere in `value`, in order."""
    if depth == 0:
        return
    if isinstance(value, dict):
        if value.get("type") in ("human", "ai", "tool", "system") and "content" in value:
            yield value
            return
        for one in value.values():
            yield from messages_in(one, depth - 1)
    elif isinstance(value, list):
        for one in value:
            yield from messages_in(one, depth - 1)


def plain(value: Any) -> Any:
    """What LangChain serialised as constructors (`{"lc": 1, "kwargs": {…}}`, as in traces), as the API has it."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        return plain(value["kwargs"])
    return {key: plain(one) for key, one in value.items()}


def usage_of(message: Mapping[str, Any]) -> Usage | None:
    """The tokens that a model's message says it took, if its model counts them."""
    return usage_from(message.get("usage_metadata"))


def usage_from(counted: Any) -> Usage | None:
    """LangChain's `usage_metadata` as a `Usage`."""
    if not isinstance(counted, dict) or not isinstance(counted.get("input_tokens"), int):
        return None
    read, written = counted.get("input_token_details") or {}, counted.get("output_token_details") or {}
    return Usage(
        counted["input_tokens"],
        counted.get("output_tokens") or 0,
        read.get("cache_read") or 0,
        written.get("reasoning") or 0,
    )


def passages_in(value: Any) -> Iterator[RetrievalHits]:
    """Lists of found passages in an update: LangChain documents, or objects with a text and a score."""
    if not isinstance(value, dict):
        return
    for one in value.values():
        if isinstance(one, list) and one and all(map(_is_passage, one)):
            yield RetrievalHits.model_validate({"type": "retrieval.hits", "hits": [_hit(passage) for passage in one]})


def plan_diffs_in(value: Any, depth: int = _DEPTH) -> Iterator[PlanDiff]:
    """Plan changes in an update: objects with `changes` in words and the hash of the diff that they are."""
    if depth == 0 or not isinstance(value, dict):
        return
    if isinstance(value.get("diff_hash"), str) and isinstance(value.get("changes"), list) and value["changes"]:
        told = ", ".join(str(one.get("text", "")) for one in value["changes"] if isinstance(one, dict))
        try:
            yield PlanDiff.model_validate({**value, "type": "plan.diff", "summary": value.get("summary") or told})
        except ValidationError:
            return
        return
    for one in value.values():
        yield from plan_diffs_in(one, depth - 1)


def _is_passage(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if value.get("type") == "Document" or {"page_content", "metadata"} <= value.keys():
        return True
    return isinstance(value.get("text"), str) and isinstance(value.get("score"), int | float)


def _hit(passage: Mapping[str, Any]) -> dict[str, Any]:
    about = passage.get("metadata")
    details = about if isinstance(about, dict) else {}
    score = passage.get("score", details.get("score"))
    return {
        "source": _text(passage.get("source") or details.get("source")),
        "title": _text(passage.get("title") or details.get("title")),
        "text": _text(passage.get("text") or passage.get("page_content")),
        "score": score if isinstance(score, int | float) else None,
        "kind": _text(passage.get("kind")),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
