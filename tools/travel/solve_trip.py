"""Choose transport, stay and meals from what is on offer, under a budget and hard rules: exactly, by branch and bound.

What a trip must keep to (the budget, a kind of room, no flights, certain cuisines) is checked in code, not judged by a
model. Of all choices that keep every rule the one with the best rating is returned, the cheapest among equals.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_OPTIONS = 200
MAX_SLOTS = 12
_MOST_STEPS = 15_000
_MOST_PAIRS = 512
_PENNY = 1e-9


class Option(BaseModel):
    """One thing on offer for a slot: its price for everybody, how good it is (0 to 5), and what is true of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=80)
    price: float = Field(ge=0, allow_inf_nan=False)
    rating: float = Field(default=3, ge=0, le=5)
    tags: frozenset[str] = Field(default=frozenset(), description="such as flight, private room, italian")


class Slot(BaseModel):
    """Something to choose one option for: the way there, a night, a meal.

    `distinct` names a group of slots of which no two may take the same option.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    kind: Literal["transport", "stay", "meal"]
    options: tuple[Option, ...] = Field(max_length=MAX_OPTIONS)
    distinct: str | None = None


class TripConstraints(BaseModel):
    """The hard rules: money, tags that nothing may have, and tags that something of a kind must have.

    `apart` lists pairs of tags of transports that do not go together, such as flight and self-driving.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    forbidden: frozenset[str] = frozenset()
    required_stay: frozenset[str] = Field(default=frozenset(), description="tags that every stay must have")
    covered_meals: frozenset[str] = Field(default=frozenset(), description="tags that some meal must have, each")
    apart: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TripChoice:
    """One option for every slot, by the slots' names; the sum of prices and the mean rating."""

    chosen: dict[str, Option]
    total: float
    rating: float


class NoTripPossible(ValueError):
    """No choice keeps all rules; the message names the one that cannot be kept."""


def solve_trip(slots: Sequence[Slot], constraints: TripConstraints) -> TripChoice:
    """Return the best choice that keeps every rule.

    Raises NoTripPossible when there is none, and ValueError for more than 12 slots or two of one name. Exact while the
    search stays within 15,000 steps; beyond that, what it found so far is the answer if it found anything.
    """
    if not 1 <= len(slots) <= MAX_SLOTS:
        raise ValueError(f"choose for 1 to {MAX_SLOTS} slots at once")
    if len({slot.name for slot in slots}) < len(slots):
        raise ValueError("two slots have the same name")
    allowed = [_allowed(slot, constraints) for slot in slots]
    _check_covered(slots, allowed, constraints)
    least = sum(min(option.price for option in options) for options in allowed)
    if constraints.budget is not None and least > constraints.budget + 1e-9:
        raise NoTripPossible(f"The budget of {constraints.budget:g} is too small: the cheapest choice costs {least:g}.")
    search = _Search(slots, allowed, constraints)
    search.go(0, (), 0.0, 0.0)
    if search.best is None:
        raise NoTripPossible("No choice keeps all rules together; drop one of them or add options.")
    chosen = dict(zip((slot.name for slot in slots), search.best, strict=True))
    total = sum(option.price for option in search.best)
    return TripChoice(chosen, round(total, 2), sum(option.rating for option in search.best) / len(slots))


def _allowed(slot: Slot, constraints: TripConstraints) -> list[Option]:
    """The options that no rule forbids by themselves, the best first."""
    found = [one for one in slot.options if not one.tags & constraints.forbidden]
    if slot.kind == "stay":
        found = [one for one in found if constraints.required_stay <= one.tags]
    if not found:
        rules = ", ".join(sorted(constraints.forbidden | (constraints.required_stay if slot.kind == "stay" else set())))
        raise NoTripPossible(f"Nothing is left for {slot.name}{f' under these rules: {rules}' if rules else ''}.")
    return sorted(found, key=lambda one: (-one.rating, one.price, one.id))


def _check_covered(slots: Sequence[Slot], allowed: Sequence[Sequence[Option]], constraints: TripConstraints) -> None:
    served = reduce(
        frozenset.union,
        (one.tags for slot, options in zip(slots, allowed, strict=True) if slot.kind == "meal" for one in options),
        frozenset[str](),
    )
    if missing := sorted(constraints.covered_meals - served):
        raise NoTripPossible(f"No meal on offer is {missing[0]}.")


Frontier = list[tuple[float, float]]
"""(price, rating) pairs, both growing: for each price the best rating that it can buy."""


def _frontier(options: Sequence[Option], rest: Frontier) -> Frontier:
    """What one slot's options together with the rest can buy, whatever else the rules say: an upper bound."""
    pairs = sorted(
        ((option.price + price, option.rating + rating) for option in options for price, rating in rest),
        key=lambda pair: (pair[0], -pair[1]),
    )
    best: Frontier = []
    for price, rating in pairs:
        if not best or rating > best[-1][1]:
            best.append((price, rating))
    # Where there are too many, a pair stands for its neighbour too: as cheap as the one, as good as the other.
    while len(best) > _MOST_PAIRS:
        best = [(here[0], there[1]) for here, there in zip(best[::2], [*best[1::2], best[-1]], strict=False)]
    return best


@dataclass
class _Search:
    """Depth first over the slots; a branch ends when not even what its money could buy at best would win."""

    slots: Sequence[Slot]
    allowed: Sequence[Sequence[Option]]
    constraints: TripConstraints
    best: tuple[Option, ...] | None = None
    value: tuple[float, float] = (float("-inf"), 0.0)
    steps: int = 0
    frontiers: list[Frontier] = field(default_factory=list)
    coverable: list[frozenset[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What the slots from each on can buy, and which tags of meals they can cover."""
        self.frontiers, self.coverable = [[(0.0, 0.0)]], [frozenset()]
        for slot, options in zip(reversed(self.slots), reversed(self.allowed), strict=True):
            tags = frozenset[str]().union(*(one.tags for one in options)) if slot.kind == "meal" else frozenset[str]()
            self.frontiers.insert(0, _frontier(options, self.frontiers[0]))
            self.coverable.insert(0, self.coverable[0] | tags)

    def go(self, index: int, chosen: tuple[Option, ...], price: float, rating: float) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS or not self._may_win(index, chosen, price, rating):
            return
        if index == len(self.slots):
            self.best, self.value = chosen, (rating, -price)
            return
        for option in self.allowed[index]:
            if self._fits(index, option, chosen):
                self.go(index + 1, (*chosen, option), price + option.price, rating + option.rating)

    def _may_win(self, index: int, chosen: tuple[Option, ...], price: float, rating: float) -> bool:
        budget = self.constraints.budget
        left = float("inf") if budget is None else budget - price + _PENNY
        frontier = self.frontiers[index]
        place = bisect.bisect_right(frontier, (left, float("inf"))) - 1
        if place < 0:
            return False
        least, most = frontier[place]
        best, cost = self.value
        if rating + most < best - _PENNY or (rating + most <= best + _PENNY and -(price + least) <= cost + _PENNY):
            return False
        meals = (one.tags for slot, one in zip(self.slots, chosen, strict=False) if slot.kind == "meal")
        return self.constraints.covered_meals <= frozenset[str]().union(*meals) | self.coverable[index]

    def _fits(self, index: int, option: Option, chosen: tuple[Option, ...]) -> bool:
        slot = self.slots[index]
        for other, taken in zip(self.slots, chosen, strict=False):
            if slot.distinct is not None and slot.distinct == other.distinct and taken.id == option.id:
                return False
            if slot.kind == other.kind == "transport":
                for a, b in self.constraints.apart:
                    if (a in option.tags and b in taken.tags) or (b in option.tags and a in taken.tags):
                        return False
        return True
