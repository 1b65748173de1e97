"""What is asked of any plan besides a change, and which messages are requests of their own and no answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.demo.clauses import edit_clauses
from agent.demo.patterns import Match, Rule, clean, load_rules, match

_REQUESTS = load_rules("requests.toml", "request")
VERSION_REQUESTS = frozenset({"undo", "redo", "restore", "compare", "history", "delete"})
_OWN = VERSION_REQUESTS | {"longest", "show", "recall", "forget", "never_mind", "bye", "help"}
_BEGINS = re.compile(
    r"(?:log|note|write down|remember|show|list|find|search|look (?:for|up)|score|convert|use|choose|pick|select|book"
    r"|explain|report|remind|tell me|undo|redo|what(?! about)|how(?! about)|why|when|where|which|who)\b",
    re.IGNORECASE,
)


def plain_request(text: str) -> Match | None:
    """What a whole message asks of the plan or of the assistant."""
    return match(_REQUESTS, text.strip().rstrip(" .!?")) or match(_REQUESTS, clean(text))


def stands_alone(text: str, own: Sequence[Rule] = ()) -> bool:
    """Whether a message asks for something by itself, so that it cannot be the answer to a question of ours."""
    found = plain_request(text)
    if found is not None and found.name in _OWN:
        return True
    return bool(_BEGINS.match(clean(text))) or bool(edit_clauses(text, own))
