"""Who answers in a room: whoever is spoken to, whom the matter needs, or who has the floor."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from agent.demo.phrases import Phrases
from agent.demo.slots import Reading, extract
from agent.persona import Persona

_HAND = (
    r"(?:talk|speak|switch|change|go|get|put me through|connect me|hand (?:me |this |it )?(?:over|back)|back|over|return)"
    r"(?: (?:back|over))? to (?:the |our )?{name}"
)
_ASK = r"(?:ask|let|call|get|bring in|fetch) (?:the |our )?{name}\b"
_START = r"(?:(?:hi|hello|hey|dear|ok|okay|so) )?(?:the )?{name}\s*[,:]"


def addressed(text: str, personas: Sequence[Persona]) -> Persona | None:
    """The persona that a message speaks to by name: "@travel …", "coach, …", "ask the coach …", "back to the host"."""
    said = " ".join(text.lower().split())
    for persona in personas:
        names = "|".join(sorted({re.escape(persona.id), re.escape(persona.name.lower())}, key=len, reverse=True))
        name = f"(?:{names})"
        if re.search(rf"(?<!\w)@{name}\b", said) or re.match(_START.format(name=name), said):
            return persona
        if any(re.search(rf"\b{pattern.format(name=name)}", said) for pattern in (_HAND, _ASK)):
            return persona
    return None


def without_address(text: str, persona: Persona) -> str:
    """The message without its "@travel" or "coach," at the beginning, so that only the matter is left."""
    names = "|".join(sorted({re.escape(persona.id), re.escape(persona.name)}, key=len, reverse=True))
    opening = (
        rf"^\s*(?:(?:hi|hello|hey|dear|ok|okay|so) )?(?:@(?:{names})\b|(?:the )?(?:{names})\s*[,:]"
        rf"|ask (?:the |our )?(?:{names})\b(?: (?:to|for|about))?)\s*[,:]?\s*"
    )
    left = re.sub(opening, "", text, count=1, flags=re.IGNORECASE)
    return left if left.strip() else text


def needed(text: str, personas: Sequence[Persona], phrases: Mapping[str, Phrases], today: date) -> Persona | None:
    """The persona whose plans a message asks for; where several fields hear it, the one that understands most of it."""
    understood: dict[str, int] = {}
    for name in {persona.assistant for persona in personas} & phrases.keys():
        vocabulary = phrases[name]
        if _builds(text, vocabulary):
            understood[name] = len(extract(vocabulary.build_slots, text, Reading(today)))
    ranked = sorted(understood.items(), key=lambda pair: -pair[1])
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return next(persona for persona in personas if persona.assistant == ranked[0][0])


def _builds(text: str, vocabulary: Phrases) -> bool:
    return any(cue.search(text) for cue in vocabulary.build_cues) and not any(
        one.search(text) for one in vocabulary.build_unless
    )
