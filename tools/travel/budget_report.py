"""What a trip costs: the items' prices by kind, and the rides between its visits, which are computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tools.travel import cities
from tools.travel.currency import convert, known, money, rounded
from tools.travel.local_travel import way
from tools.travel.trip_view import TripView, read_trip

_NAMES = {"stay": "stay", "flight": "flights", "transfer": "transfers", "meal": "meals", "visit": "admission"}


@dataclass(frozen=True)
class BudgetReport:
    """Costs for all travellers in the plan's currency; `unpriced` are titles of items without a price."""

    currency: str
    lines: dict[str, float]
    unpriced: tuple[str, ...]
    budget: float | None

    @property
    def total(self) -> float:
        return rounded(sum(self.lines.values()), self.currency)

    @property
    def counted(self) -> float:
        """What counts against the budget: everything but the flights."""
        return rounded(self.total - self.lines.get("flights", 0.0), self.currency)

    @property
    def text(self) -> str:
        listed = ", ".join(f"{name} {money(amount, self.currency)}" for name, amount in self.lines.items() if amount)
        said = f"The trip costs about {money(self.total, self.currency)}: {listed or 'nothing yet'}."
        if self.budget is not None:
            left = self.budget - self.counted
            verdict = f"{money(abs(left), self.currency)} {'left' if left >= 0 else 'over'}"
            said += f" Of the budget of {money(self.budget, self.currency)} (without flights): {verdict}."
        if self.unpriced:
            said += f" Without a price: {', '.join(self.unpriced[:5])}."
        return said


def budget_report(document: Mapping[str, Any]) -> BudgetReport:
    """Return what the trip costs; items without a price count nothing and are named."""
    return report_of(read_trip(document))


def report_of(view: TripView) -> BudgetReport:
    """Return what a trip that was read costs."""
    lines = dict.fromkeys((*_NAMES.values(), "local rides"), 0.0)
    unpriced: list[str] = []
    for item in (*view.stays, *view.timed):
        price = getattr(item.data, "price", None)
        if price is not None:
            lines[_NAMES[item.kind]] += price
        elif item.kind in ("stay", "flight", "visit"):
            unpriced.append(item.title)
    lines["local rides"] = _rides(view)
    return BudgetReport(
        view.currency, {name: rounded(one, view.currency) for name, one in lines.items()}, tuple(unpriced), view.budget
    )


def _rides(view: TripView) -> float:
    """Public transport: from where one sleeps through the day's visits and back, as the builder counts it."""
    if view.destination is None or not cities.is_known(view.destination) or not known(view.currency):
        return 0.0
    city = cities.city(view.destination)
    fare = rounded(convert(city.fare, city.currency, view.currency) * view.travellers, view.currency)
    home = view.stays[0].position if view.stays else None
    rides = 0
    for day_id in view.days:
        places = [one.position for one in view.of_day(day_id) if one.kind == "visit" and one.position is not None]
        if places:
            around = [home, *places, home] if home is not None else places
            rides += sum(way(*a, *b).mode == "transit" for a, b in pairwise(around))
    return fare * rides
