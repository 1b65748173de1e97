"""Public holidays of a country in a span of days. Source: the holidays package."""

import datetime
import functools
from importlib.metadata import version

import holidays

SOURCE = f"holidays {version('holidays')}"
MOST_DAYS = 1100


def public_holidays(country: str, first: datetime.date, last: datetime.date) -> dict[datetime.date, str]:
    """Return the holidays of an ISO country from `first` to `last`, with their names in English where there are any.

    Raises ValueError for a country that isn't known, and for a span that is backwards or longer than three years.
    """
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise ValueError("the days must be in order and at most three years apart")
    found: dict[datetime.date, str] = {}
    for year in range(first.year, last.year + 1):
        found |= {day: name for day, name in _year(country.strip().upper(), year).items() if first <= day <= last}
    return dict(sorted(found.items()))


@functools.lru_cache(maxsize=256)
def _year(country: str, year: int) -> dict[datetime.date, str]:
    try:
        return dict(holidays.country_holidays(country, years=year, language="en_US"))
    except NotImplementedError as error:
        raise ValueError(
            f"I know no holidays of the country {country!r}; give its two-letter code, such as JP"
        ) from error
