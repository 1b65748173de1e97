"""Which sights a trip is made of: what must be in, then what fits the interests and most first visits include."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tools.travel.build_request import ItineraryNotPossible, ItineraryRequest, interest_named
from tools.travel.cities import INTERESTS, City, Sight, sight_named, sights_of

_INTEREST_COUNTS = 3.0
_REPEATED = 0.8
_AFAR = 0.15
"""What a km from the middle of the town takes from a sight's score."""


def ranked_sights(request: ItineraryRequest, city: City) -> tuple[list[Sight], list[Sight]]:
    """Return the sights that must be in, and the others with the best first.

    Raises ItineraryNotPossible for interests or sights that are not known, and for wishes that contradict each other.
    """
    interests = _interests(request.interests)
    avoided_interests = {found for word in request.avoid if (found := interest_named(word))}
    avoided = {one.id for one in _named((word for word in request.avoid if not interest_named(word)), city)}
    must = _named(request.must_see, city)
    for one in must:
        if one.id in avoided:
            raise ItineraryNotPossible(f"{one.name} is both to be seen and to be left out; say which.")
    if both := sorted(interests & avoided_interests):
        raise ItineraryNotPossible(f"{both[0].capitalize()} is both an interest and to be left out; say which.")
    others = [
        one
        for one in sights_of(city.id)
        if one not in must and one.id not in avoided and one.interest not in avoided_interests
    ]
    return must, _varied(others, {one.id: _score(one, interests, city) for one in others})


def _varied(sights: Sequence[Sight], scores: Mapping[str, float]) -> list[Sight]:
    """The best first, but each of a sort makes the next of that sort less wanted."""
    left, taken, order = sorted(sights, key=lambda one: one.id), Counter[str](), list[Sight]()
    while left:
        best = max(left, key=lambda one: scores[one.id] - _REPEATED * taken[one.interest])
        left.remove(best)
        taken[best.interest] += 1
        order.append(best)
    return order


def _score(sight: Sight, interests: frozenset[str], city: City) -> float:
    away = abs(sight.lat - city.lat) * 111 + abs(sight.lon - city.lon) * 75
    return sight.weight + (_INTEREST_COUNTS if sight.interest in interests else 0.0) - _AFAR * away


def _interests(words: Iterable[str]) -> frozenset[str]:
    found = set()
    for word in words:
        interest = interest_named(word)
        if interest is None:
            raise ItineraryNotPossible(f"I don't know the interest {word!r}; there are: {', '.join(INTERESTS)}.")
        found.add(interest)
    return frozenset(found)


def _named(names: Iterable[str], city: City) -> list[Sight]:
    found: list[Sight] = []
    for name in names:
        sight = sight_named(city.id, name)
        if sight is None:
            known: Sequence[str] = [one.name for one in sights_of(city.id)]
            raise ItineraryNotPossible(f"I know no one sight {name!r} in {city.name}. I know: {', '.join(known)}.")
        if sight not in found:
            found.append(sight)
    return found
