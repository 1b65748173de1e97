"""Converting money by a snapshot of reference rates; its date belongs in every answer.

Source: European Central Bank, euro foreign exchange reference rates. They are for information, not for transactions.
"""

import csv
import functools
import math
from pathlib import Path

RATES_DATE = "2026-03-13"
SOURCE = f"ECB euro reference rates of {RATES_DATE}"
_FILE = Path(__file__).parent / "data" / f"ecb_{RATES_DATE}.csv"
_WHOLE = frozenset({"JPY", "KRW", "IDR", "HUF", "ISK"})


def convert(amount: float, source: str, target: str) -> float:
    """Return an amount in another currency, rounded as that one is written.

    Raises ValueError for a currency that the snapshot lacks and an amount that is no number.
    """
    if not math.isfinite(amount):
        raise ValueError("the amount must be a finite number")
    rates = _rates()
    codes = [code.strip().upper() for code in (source, target)]
    for code in codes:
        if code not in rates:
            raise ValueError(f"I have no rate for {code!r}. There are: {', '.join(sorted(rates))}.")
    if codes[0] == codes[1]:
        return amount
    return rounded(amount / rates[codes[0]] * rates[codes[1]], codes[1])


def known(code: str) -> bool:
    """Whether the snapshot has a rate for the ISO 4217 code."""
    return code in _rates()


def rounded(amount: float, code: str) -> float:
    """Return an amount with as many decimals as its currency has."""
    return float(round(amount)) if code in _WHOLE else round(amount, 2)


def money(amount: float, code: str) -> str:
    """Return an amount as text: 1,250 JPY, 12.50 EUR, 12 EUR."""
    value = rounded(amount, code)
    return f"{value:,.0f} {code}" if value == int(value) else f"{value:,.2f} {code}"


@functools.cache
def _rates() -> dict[str, float]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {code: float(rate) for code, rate in csv.reader(file)}


def load() -> None:
    """Read the snapshot now; afterwards nothing here reads a file."""
    _rates()
