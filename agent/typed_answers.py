"""What a person types while a change waits for approval: a yes, a no, or something else.

Chat pages send it as a new message of its own, which begins a new turn: the question is over then, and the change is
still in the state. A plain yes or no is taken as the decision; of anything else the person is told that the change was
not made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.results import turned_down
from agent.safety.words import plain
from agent.schemas.plan_tools import CHANGING
from agent.state import State
from agent.turn import NOTICE, PlanCall, envelope

MAX_LENGTH = 80
"""In characters: a longer answer says more than yes or no."""
_YES = (
    r"yes|yep|yeah|yup|ja|oui|sí|si|ok|okay|sure|agreed|vale|approved?|accept(?:ed)?|confirm(?:ed)?|go ahead|go for it|lgtm"
    r"|(?:i )?(?:approve|accept|confirm)(?: (?:it|that|this|the change))?|i agree|i'm fine with (?:it|that|this)"
    r"|(?:do|apply|make|take) (?:it|that|this|so|the changes?)|make it so"
    r"|(?:(?:that|it|this)(?: i|')s |(?:that|it|this) (?:looks|sounds) |looks |sounds )?(?:fine|good|all right|alright)"
)
_NO = (
    r"no|nope|nah|nein|non|reject(?:ed)?(?: (?:it|that|this|the change))?|cancel(?: (?:it|that|this|the change))?|declined?"
    r"|(?:please )?(?:don't|do not)(?: (?:do|apply|make|change) (?:it|that|this|so|the changes?|anything))?"
    r"|never ?mind|leave it(?: (?:as it is|be))?|forget (?:it|about it)|discard (?:it|that)|not now|i'd rather not|rather not"
)
_POLITE = r"please|thanks|thank you|then|now|and|,|\.|!"


def _only(words: str) -> re.Pattern[str]:
    """A text of nothing but these words and politeness, and one of them at least."""
    one = rf"(?:{words})(?![\w'])"
    polite = rf"(?:\s+|(?:{_POLITE})(?!\w))*"
    return re.compile(rf"{polite}{one}(?:{polite}(?<!\w){one})*{polite}")


_ONLY_YES, _ONLY_NO = _only(_YES), _only(_NO)


def yes_or_no(text: str) -> bool | None:
    """Whether a text is plainly an approval or plainly a refusal; None if it says anything else."""
    said = plain(text)
    if len(said) > MAX_LENGTH:
        return None
    if _ONLY_YES.fullmatch(said):
        return True
    return False if _ONLY_NO.fullmatch(said) else None


def taken_up(state: State) -> dict[str, Any]:
    """What a new turn makes of a change that waited: messages and the proposal, approved; or None in its place.

    The person's yes or no comes after the call that it is about, where no provider takes a result any more, so the call
    is made again after it.
    """
    messages, proposal = state["messages"], state.get("proposal") or {}
    said = messages[-1] if messages else None
    if not proposal.get("approval") or proposal.get("approved") or not isinstance(said, HumanMessage):
        return {"proposal": None}
    calls = _waiting(messages)
    answer = yes_or_no(said.text) if calls else None
    if answer is None:
        told = f"The change that waited for your answer was not made ({proposal['summary']})."
        return {"messages": [AIMessage(told, response_metadata=dict(NOTICE))], "proposal": None}
    again = [PlanCall(_anew(call.id, said), call.name, call.args) for call in calls]
    called = AIMessage("", tool_calls=[call.to_json() for call in again])
    if answer:
        return {"messages": [called], "proposal": proposal | {"approved": True}}
    return {"messages": [called, *(turned_down(call, None) for call in again)], "proposal": None}


def _waiting(messages: Sequence[AnyMessage]) -> list[PlanCall]:
    """The calls that the last answer asked to be approved; none if somebody else has spoken since, as in a room.

    A page may have closed them itself, which is no result.
    """
    calling = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
    settled = {m.tool_call_id for m in messages if isinstance(m, ToolMessage) and "result_type" in envelope(m)}
    return [
        PlanCall(str(call["id"]), call["name"], dict(call["args"]))
        for call in (calling.tool_calls if calling is not None else [])
        if call["name"] in CHANGING and call["id"] not in settled
    ]


def _anew(call_id: str, said: AnyMessage) -> str:
    """An id that depends on the call and the answer only, so that a replay gives the same."""
    return f"call_{sha256(f'{call_id}|{said.id}'.encode()).hexdigest()[:24]}"
