"""What is said when a red flag was found: fixed texts, so that no model can soften or embroider them."""

from __future__ import annotations

from tools.pain.triage import Flag, Triage

NOT_A_DOCTOR = "This is information, not a diagnosis, and no medical device; it cannot examine you."


def escalation_text(found: Triage, emergency_number: str = "112") -> str:
    """The words for a triage with flags; "" without one. `emergency_number` is where the person lives."""
    if not found.flags:
        return ""
    crisis = [flag for flag in found.flags if flag.id == "self_harm"]
    others = [flag for flag in found.flags if flag.id != "self_harm"]
    parts = [_crisis(emergency_number)] if crisis else []
    if others:
        parts.append(
            _emergency(others, emergency_number) if found.level == "emergency" else _urgent(others, emergency_number)
        )
    parts.append("I leave your plan as it is until you have been seen; tell me when that has happened.")
    parts.append(NOT_A_DOCTOR)
    return "\n\n".join(parts)


def question_text(found: Triage) -> str:
    """The one question to ask first where the words leave a red flag open; "" when none is open."""
    if not found.questions:
        return ""
    return f"Before we go on, one question for your safety: {found.questions[0].text} (yes, no or unsure)"


def _crisis(number: str) -> str:
    return (
        "I'm very glad you told me. You don't have to be alone with this. If you might act on these thoughts, call "
        f"{number} now or go to the nearest emergency department. Otherwise talk to somebody today: a crisis line, your "
        "doctor, or a person you trust. Put distance between you and anything you could use to harm yourself."
    )


def _emergency(flags: list[Flag], number: str) -> str:
    grave = [flag for flag in flags if flag.level == "emergency"] or flags
    return (
        f"What you describe needs to be seen by a doctor NOW: {_named(grave)}. Call {number} or go to the nearest emergency "
        "department straight away; do not drive yourself, and do not wait to see whether it passes. Take these"
        " words with "
        "you and show them there."
    )


def _urgent(flags: list[Flag], number: str) -> str:
    return (
        f"What you describe should be looked at by a doctor today or tomorrow: {_named(flags)}. Call your doctor or an "
        "out-of-hours service and tell them in these words. Until then stay with gentle, comfortable movement."
        " If you "
        "notice numbness between the legs, new trouble with bladder or bowel, weakness in both legs, or chest"
        " pain, call "
        f"{number} at once."
    )


def _named(flags: list[Flag]) -> str:
    return "; ".join(dict.fromkeys(flag.label for flag in flags))
