"""The tables that travel rests on, read at once: where tools are used on an event loop, nothing reads a file later."""

import datetime

from tools import public_holidays
from tools.travel import airports, cities, currency


def load() -> None:
    """Read airports, cities, sights, rates and the calendars of the curated cities' countries: some 0.5 s."""
    for table in (airports, cities, currency):
        table.load()
    for country in {one.country for one in cities.cities()}:
        public_holidays.public_holidays(country, datetime.date(2026, 1, 1), datetime.date(2026, 1, 2))
