"""Recognising advice on how much of a medicine to take, which no text of ours may hold.

A plan may say "take medication as agreed with your doctor"; it may not say how much or how often.
"""

from __future__ import annotations

import re

_MEDICINE = (
    r"(?:ibuprofen|paracetamol|acetaminophen|aspirin|naproxen|diclofenac|codeine|tramadol|morphine|oxycodone"
    r"|gabapentin"
    r"|pregabalin|amitriptyline|duloxetine|diazepam|celecoxib|etoricoxib|opioids?|nsaids?|painkillers?"
    r"|pain ?killers?|pills?"
    r"|tablets?|capsules?|medication|medicine|drops|patch(?:es)?)"
)
_AMOUNT = (
    r"\d+(?:[.,]\d+)?\s*(?:mg|milligrams?|mcg|\u00b5g|micrograms?|g\b|grams?|ml|millilitres?|milliliters?|iu|units?)"
)
_OFTEN = (
    r"(?:(?:once|twice|(?:three|four|\d) times) (?:a|per|each|every)? ?(?:day|daily|night)|every (?:\d+|four"
    r"|six|eight|twelve)"
    r" hours?|(?:a|per) day|daily|\d ?x ?(?:a |per )?(?:day|daily)|at bedtime|before bed|with (?:food|meals))"
)
_COUNT = r"(?:\d+|one|two|three|four|half|a|an|1/2)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_AMOUNT}[^.;\n]{{0,40}}\b{_MEDICINE}\b",
        rf"\b{_MEDICINE}\b[^.;\n]{{0,40}}\b{_AMOUNT}",
        rf"\b(?:take|use|swallow|increase|reduce|double|halve|stop"
        rf"|start)\b[^.;\n]{{0,30}}\b{_COUNT} (?:\w+ )?{_MEDICINE}\b",
        rf"\b{_MEDICINE}\b[^.;\n]{{0,40}}\b{_OFTEN}",
        rf"\b(?:take|use|increase|reduce|double|halve|stop taking|start)\b (?:your |the |more |less |some "
        rf"|taking )*{_MEDICINE}\b"
        rf"(?! (?:as|only as) (?:agreed|prescribed|advised))",
        r"\b(?:increase|reduce|double|halve|adjust|raise|lower) (?:your |the )?dos(?:e|age)\b",
    )
)


def dosing_in(text: str) -> str | None:
    """The words of `text` that advise on an amount of medicine, None if there are none."""
    found = next((match for pattern in _PATTERNS if (match := pattern.search(text))), None)
    return " ".join(found[0].split()) if found else None
