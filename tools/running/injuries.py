"""Which workout types an injury history rules out.

Source: our own cautious reading of return-to-running guidance (fast running loads tendons, calves and
hamstrings far more than easy running does). It is not medical advice and decides nothing about treatment.
"""

from collections.abc import Iterable

from tools.running.plan_items import RunType

_FAST: tuple[RunType, ...] = ("interval", "repetition")
_ALL_HARD: tuple[RunType, ...] = ("interval", "repetition", "tempo", "marathon_pace")

_RULES: tuple[tuple[tuple[str, ...], tuple[RunType, ...]], ...] = (
    (("stress fracture", "stress reaction", "bone"), _ALL_HARD),
    (("achilles", "calf", "calves", "soleus", "plantar", "fasci", "heel"), _FAST),
    (("hamstring", "groin", "adductor", "hip flexor"), _FAST),
    (("shin",), _FAST),
    (("knee", "patell", "itb", "it band", "iliotibial", "hip", "glute"), _FAST),
    (("ankle", "foot", "metatars"), _FAST),
)

_BY_NAME: dict[str, RunType] = {
    "interval": "interval",
    "repetition": "repetition",
    "reps": "repetition",
    "tempo": "tempo",
    "marathon pace": "marathon_pace",
    "marathon_pace": "marathon_pace",
}


def excluded_types(injuries: Iterable[str]) -> dict[RunType, str]:
    """Return each workout type that the injuries rule out, with the injury that does.

    A text may also name a type outright ("no intervals"). An injury that is not known here rules out the two
    fastest types, to be on the safe side.
    """
    excluded: dict[RunType, str] = {}
    for injury in injuries:
        text = injury.lower().strip()
        if not text:
            continue
        named = [kind for word, kind in _BY_NAME.items() if word in text]
        matched = [kind for words, kinds in _RULES if any(word in text for word in words) for kind in kinds]
        for kind in named + matched or list(_FAST):
            excluded.setdefault(kind, injury.strip())
    return excluded
