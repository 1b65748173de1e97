"""The STarT Back screening tool: which group its nine answers fall into.

Hill and others, Arthritis and Rheumatism 59 (2008), Keele University. The items' wording belongs to Keele University and
is not shipped: clients that may show it send the nine answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Risk = Literal["low", "medium", "high"]
ITEMS = 9


@dataclass(frozen=True)
class StartBackScore:
    """Total (0 to 9), the psychosocial subscale (items 5 to 9) and the group that follows from both."""

    total: int
    subscale: int
    risk: Risk

    @property
    def text(self) -> str:
        """The score in a sentence."""
        return (
            f"STarT Back: total {self.total} of 9, subscale {self.subscale} of 5; the tool's {self.risk}-risk group for "
            "lasting limitation. It sorts answers and tells nothing about what is behind the pain."
        )


def score_start_back(answers: Sequence[int]) -> StartBackScore:
    """The score of nine answers, each 0 or 1.

    Items 1 to 8 count 1 when agreed to, item 9 for its two strongest answers. Low: total of 3 or less; high: subscale of
    4 or more; medium between. Raises ValueError for anything else than nine zeros and ones.
    """
    if len(answers) != ITEMS:
        raise ValueError(f"STarT Back has {ITEMS} answers; {len(answers)} were given")
    if any(answer not in (0, 1) for answer in answers):
        raise ValueError("each STarT Back answer is 0 or 1; item 9 counts 1 for its two strongest answers")
    total, subscale = sum(answers), sum(answers[4:])
    risk: Risk = "low" if total <= 3 else "high" if subscale >= 4 else "medium"
    return StartBackScore(int(total), int(subscale), risk)
