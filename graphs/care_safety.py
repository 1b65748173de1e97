"""What the care assistant's safety gate decides on: triage of the person's words, and of a drawing that came with them."""

from __future__ import annotations

from agent.safety.answers import cleared, yes_or_no
from agent.safety.finding import Level, SafetyFinding, SafetyInput
from tools.pain.escalation import escalation_text
from tools.pain.triage import Answer, Flag, Question, Triage, question_of, triage

ASKED = "pain_question:"
"""Begins the code of a finding that is a question; the flag's id follows."""
NUMBER = "{emergency}"
"""Where the fixed texts put the emergency number."""
_CRISIS = "self_harm"
_SOURCE = "triage rules: NICE NG59, GIRFT (2023), IFOMPT (Finucane 2020)"


def pain_safety(seen: SafetyInput) -> SafetyFinding | None:
    """The finding for a turn: flags end it with fixed words, an open question is asked, a new drawing is told."""
    asked = _asked(seen)
    if asked is not None:
        return _after_question(seen, asked)
    found = _triaged(seen, seen.text, {})
    if found.flags:
        return _flagged(seen, found)
    if found.questions:
        return _question(found.questions[0])
    return _sounds_like(seen) or _drawing_told(seen)


def _sounds_like(seen: SafetyInput) -> SafetyFinding | None:
    """The question of a flag that the words come near to, though no rule knows them."""
    sign = seen.facts.get("sounds_like")
    if not isinstance(sign, dict):
        return None
    return _question(question_of(str(sign["flag"]), f"it sounds like “{sign['example']}”"))


def _asked(seen: SafetyInput) -> str | None:
    code = seen.asked.code if seen.asked is not None else ""
    return code.removeprefix(ASKED) if code.startswith(ASKED) else None


def _after_question(seen: SafetyInput, asked: str) -> SafetyFinding | None:
    """What the answer to our question means, with whatever else was said beside it."""
    said = yes_or_no(seen.text)
    found = _triaged(seen, seen.text, {})
    if found.flags:
        return _flagged(seen, found)
    if said is None:
        # Passed over: the sign is named once more, and the conversation goes on.
        text = "You did not answer my question on a warning sign. If the answer is yes or you are unsure, have it looked at now."
        return SafetyFinding(f"{ASKED}unanswered", "advice", (seen.text[:80],), _SOURCE, text=text)
    answer: Answer = "yes" if said else "no"
    settled = triage("", answers={asked: answer}, today=seen.now.date())
    return _flagged(seen, settled) if settled.flags else None


def _triaged(seen: SafetyInput, text: str, answers: dict[str, Answer]) -> Triage:
    drawing = seen.facts.get("new_drawing")
    shapes = drawing.get("shapes", []) if isinstance(drawing, dict) else []
    return triage(text, answers=answers, regions=shapes, today=seen.now.date())


def _flagged(seen: SafetyInput, found: Triage) -> SafetyFinding | None:
    others = tuple(flag for flag in found.flags if flag.id != _CRISIS)
    if not others:
        # Every assistant has words for this, with whom to call where the person lives.
        return SafetyFinding(_CRISIS, "emergency", _quotes(found.flags), found.flags[0].source)
    if found.level == "urgent" and cleared(seen.text):
        return None
    level: Level = "emergency" if found.level == "emergency" else "urgent"
    return SafetyFinding(
        code=f"pain_{others[0].id}",
        level=level,
        reasons=_quotes(found.flags),
        source="; ".join(dict.fromkeys(flag.source for flag in found.flags)),
        text=escalation_text(found, NUMBER),
        holds=True,
    )


def _quotes(flags: tuple[Flag, ...]) -> tuple[str, ...]:
    return tuple(f"{flag.label}: {flag.quote}" for flag in flags)


def _question(question: Question) -> SafetyFinding:
    text = f"Before we go on, one question for your safety: {question.text} Please answer yes, no or unsure."
    return SafetyFinding(f"{ASKED}{question.id}", question.if_yes, (question.reason,), _SOURCE, question=text)


def _drawing_told(seen: SafetyInput) -> SafetyFinding | None:
    """What was understood of a drawing is said before the answer, so that the person can put it right."""
    for name, told in (("new_drawing", "text"), ("drawing_refused", "reason")):
        fact = seen.facts.get(name)
        if isinstance(fact, dict):
            return SafetyFinding(f"pain_{name}", "advice", (), "our own body figure", text=str(fact[told]))
    return None
