import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore
from pydantic import ValidationError

from tools.pain.diary_entries import DiaryEntry, moment_noted
from tools.pain.diary_statistics import DiaryStatistics, diary_statistics, quartiles, theil_sen
from tools.pain.records import add_entry, add_record, entries, records
from tools.run_context import owner_label

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def diary(pains: Sequence[int], **more: object) -> list[DiaryEntry]:
    return [DiaryEntry(at=MONDAY + timedelta(days=day), pain=pain, **more) for day, pain in enumerate(pains)]  # type: ignore[arg-type]


def shown(found: list[DiaryEntry]) -> DiaryStatistics:
    result = diary_statistics(found)
    assert result is not None
    return result


def test_one_terrible_day_sways_neither_median_nor_trend() -> None:
    calm = shown(diary([4, 4, 5, 4, 4, 5, 4]))
    one_bad = shown(diary([4, 4, 5, 10, 4, 5, 4]))
    assert (calm.median, one_bad.median) == (4, 4)
    assert calm.per_week == one_bad.per_week == 0


def test_a_steady_fall_of_a_point_every_second_day_is_minus_three_and_a_half_a_week() -> None:
    pain = {date(2026, 1, 1) + timedelta(days=2 * index): 9.0 - index for index in range(6)}
    assert theil_sen(pain) == pytest.approx(-3.5)


def test_the_week_is_compared_with_the_one_before() -> None:
    assert shown(diary([6] * 7 + [4] * 7)).week_change == -2
    assert shown(diary([6] * 7)).week_change is None


def test_flares_are_days_beyond_twice_the_median_deviation() -> None:
    found = shown(diary([4, 5, 4, 5, 4, 5, 9, 4, 5, 4, 6]))
    # Median 5, deviations 1 0 1 0 1 0 4 1 0 1 1, their median 1: flares are above 7.
    assert (found.median, found.mad, found.flare_from) == (5, 1, 7)
    assert found.flares == (date(2026, 11, 8),)


def test_a_diary_without_any_variation_has_flares_from_more_than_one_point_on() -> None:
    assert shown(diary([3, 3, 3, 3, 4])).flares == ()
    assert shown(diary([3, 3, 3, 3, 5])).flares == (date(2026, 11, 6),)


def test_weekdays_are_compared_after_two_weeks() -> None:
    week = [6, 4, 4, 4, 4, 4, 2]
    found = shown(diary(week * 2))
    assert (found.best_weekday, found.worst_weekday) == ("Sunday", "Monday")
    assert shown(diary(week)).best_weekday is None


def test_what_was_noted_together_is_counted_without_a_word_on_what_leads_to_what() -> None:
    with_it = [DiaryEntry(at=MONDAY + timedelta(days=day), pain=7, triggers=("Gardening",)) for day in range(4)]
    without = [DiaryEntry(at=MONDAY + timedelta(days=day), pain=4) for day in range(4, 9)]
    found = shown([*with_it, *without])
    [one] = found.comparisons
    assert (one.what, one.days_with, one.days_without, one.median_with, one.median_without) == ("gardening", 4, 5, 7, 4)
    assert not re.search(r"\b(?:caus\w+|because|due to|makes?|trigger\w*|results? in)\b", found.text)
    assert "not what led to what" in found.text


def test_too_few_days_with_something_are_not_compared() -> None:
    few = [DiaryEntry(at=MONDAY + timedelta(days=day), pain=7, triggers=("rain",)) for day in range(2)]
    assert shown([*few, *diary([4] * 9)]).comparisons == ()


def test_several_entries_of_a_day_are_one_day() -> None:
    morning, evening = (DiaryEntry(at=MONDAY + timedelta(hours=hours), pain=pain) for hours, pain in ((0, 3), (10, 7)))
    found = shown([morning, evening])
    assert (found.days, found.entries, found.median) == (1, 2, 5)


def test_quartiles_are_hinges() -> None:
    assert quartiles([1, 2, 3, 4, 5]) == (2, 4)
    assert quartiles([3]) == (3, 3)


def test_an_empty_diary_has_no_statistics() -> None:
    assert diary_statistics([]) is None


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 10)), min_size=1, max_size=40))
def test_statistics_stay_on_the_scale(noted: list[tuple[int, int]]) -> None:
    found = shown([DiaryEntry(at=MONDAY + timedelta(days=day), pain=pain) for day, pain in noted])
    assert 0 <= found.low <= found.median <= found.high <= 10
    assert len(found.flares) < found.days or not found.flares
    assert found.text


@pytest.mark.parametrize(
    "wrong", [{"pain": 11}, {"pain": -1}, {"pain": 5, "sleep_hours": 25}, {"pain": 5, "dose": "x"}]
)
def test_an_impossible_entry_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DiaryEntry.model_validate({"at": MONDAY, **wrong})


def test_a_day_to_come_and_one_of_long_ago_are_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="in the future"):
        moment_noted(date(2026, 11, 3), MONDAY)
    with pytest.raises(ValueError, match="too long ago"):
        moment_noted(date(1890, 1, 1), MONDAY)
    assert moment_noted(date(2026, 11, 1), MONDAY) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert moment_noted(None, MONDAY) == MONDAY


async def test_a_diary_belongs_to_one_person_and_a_repeated_call_writes_once() -> None:
    store = InMemoryStore()
    [entry] = diary([5])
    for _ in range(2):
        await add_entry(store, "ann.b", entry, "call_1")
    await add_entry(store, "ann_b", diary([9])[0], "call_1")
    assert [one.pain for one in await entries(store, "ann.b")] == [5]
    assert [one.pain for one in await entries(store, "ann_b")] == [9]
    assert await entries(store, "somebody else") == []


async def test_a_long_diary_is_read_whole() -> None:
    store = InMemoryStore()
    for index, entry in enumerate(diary([index % 11 for index in range(230)])):
        await add_entry(store, "ann", entry, f"call_{index}")
    found = await entries(store, "ann")
    assert len(found) == 230
    assert found == sorted(found, key=lambda one: one.at)


async def test_scores_are_kept_with_their_time() -> None:
    store = InMemoryStore()
    await add_record(store, "ann", "scores", MONDAY, {"name": "PEG", "score": 6.0}, "call_1")
    assert await records(store, "ann", "scores") == [{"name": "PEG", "score": 6.0, "at": MONDAY.isoformat()}]


def test_every_user_id_makes_a_label_of_its_own() -> None:
    ids = ["a.b", "a_b", "a%2Eb", "", "langgraph", "x@y.z", "a/b"]
    labels = [owner_label(one) for one in ids]
    assert len(set(labels)) == len(ids)
    assert all(label and "." not in label and label != "langgraph" for label in labels)
