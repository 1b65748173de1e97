"""What to pack: counted by days and laundry, chosen by climate and what one means to do.

Our own list. The climate is the person's word, or else a rough guess from latitude and month, which is said.
"""

import math
from dataclasses import dataclass
from typing import Literal

Climate = Literal["hot", "warm", "mild", "cold", "freezing"]
LAUNDRY_AFTER = 7
MAX_DAYS = 90
_BY_CLIMATE: dict[Climate, tuple[str, ...]] = {
    "hot": ("sun hat", "sunscreen", "sandals", "water bottle", "light long sleeves against the sun"),
    "warm": ("sunglasses", "sunscreen", "light jumper for the evening"),
    "mild": ("light jacket", "jumper", "compact umbrella"),
    "cold": ("warm coat", "two jumpers", "hat and gloves", "scarf", "waterproof shoes"),
    "freezing": ("winter coat", "thermal underwear", "hat and gloves", "scarf", "insulated boots", "lip balm"),
}
_BY_ACTIVITY: dict[str, tuple[str, ...]] = {
    "hiking": ("walking boots", "day pack", "rain jacket", "plasters for blisters"),
    "beach": ("swimwear", "beach towel", "after-sun lotion"),
    "swimming": ("swimwear", "quick-drying towel"),
    "business": ("formal outfit", "dress shoes", "laptop and charger"),
    "running": ("running shoes", "running clothes", "reflective band"),
    "skiing": ("ski clothes", "goggles", "ski socks"),
    "temples": ("socks without holes (shoes come off)", "clothes that cover shoulders and knees"),
    "history": ("clothes that cover shoulders and knees (for churches)",),
    "nightlife": ("smart outfit for the evening",),
    "photography": ("camera, batteries and cards",),
    "nature": ("walking shoes", "rain jacket"),
    "family": ("snacks and a game for waiting",),
}
_ALWAYS = ("passport or identity card", "bank card and some cash", "phone and charger", "toothbrush and toiletries",
           "regular medicines in hand luggage", "comfortable walking shoes")  # fmt: skip
_ABROAD = ("plug adapter", "insurance papers", "copies of the documents")


@dataclass(frozen=True)
class PackingList:
    """What to pack, by group; `guessed` says that the climate was not told."""

    groups: dict[str, tuple[str, ...]]
    climate: Climate
    guessed: bool

    @property
    def text(self) -> str:
        listed = "\n".join(f"- {name}: {', '.join(things)}" for name, things in self.groups.items() if things)
        basis = f"a {self.climate} climate" + (" (a guess from latitude and month)" if self.guessed else "")
        return f"Packing list for {basis}:\n{listed}"


def packing_list(
    days: int,
    *,
    climate: Climate | None = None,
    latitude: float | None = None,
    month: int | None = None,
    activities: tuple[str, ...] = (),
    abroad: bool = True,
) -> PackingList:
    """Return the list for a trip of 1 to 90 days.

    Without a `climate` it is guessed from `latitude` (degrees) and `month` (1 to 12), and mild without these. Activities
    that are not known add nothing. Raises ValueError for a number of days out of range.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"a packing list is for 1 to {MAX_DAYS} days")
    guessed = climate is None
    weather = climate or _guess(latitude, month)
    changes = min(days, LAUNDRY_AFTER)
    clothes = [
        f"{changes} sets of underwear and socks",
        f"{min(changes, max(2, math.ceil(changes * 0.8)))} tops",
        f"{max(1, math.ceil(changes / 3))} trousers or skirts",
        "sleepwear",
    ]
    if days > LAUNDRY_AFTER:
        clothes.append(f"washing powder (laundry every {LAUNDRY_AFTER} days)")
    doing = tuple(dict.fromkeys(thing for one in activities for thing in _BY_ACTIVITY.get(one.strip().lower(), ())))
    groups = {
        "always": _ALWAYS,
        "clothes": tuple(clothes),
        "for the weather": _BY_CLIMATE[weather],
        "for what you do": doing,
        "for abroad": _ABROAD if abroad else (),
    }
    return PackingList(groups, weather, guessed)


def _guess(latitude: float | None, month: int | None) -> Climate:
    """How warm days are likely to be: by distance from the equator, and how far the month is from midsummer."""
    if latitude is None or month is None:
        return "mild"
    away = abs(latitude)
    if away < 15:
        return "hot"
    midsummer = 7.5 if latitude > 0 else 1.5
    off = abs((month - midsummer + 6) % 12 - 6) / 6
    warmth = 31 - 0.28 * max(0.0, away - 15) - off * 0.55 * min(away, 50)
    bounds: tuple[tuple[float, Climate], ...] = ((27, "hot"), (19, "warm"), (11, "mild"), (2, "cold"))
    return next((climate for least, climate in bounds if warmth >= least), "freezing")
