"""The rules a self-care plan is held to: structure, contraindications, growth, how sessions went, words, the past."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tools.issues import Issue, by_severity
from tools.pain.conditions import excluded_exercises
from tools.pain.dosing_text import dosing_in
from tools.pain.plan_view import PlanView, Session, read_plan
from tools.pain.progression import BORNE_FOR_MORE, LESS_MINUTES, direction_of
from tools.pain.structure_rules import structure_issues
from tools.past_days import changes_to_the_past

MOST_NEW_A_WEEK = 2
MOST_LONGER = 1.25
"""How much longer than the longest session of the two weeks before a session may be without a warning."""
_LEAST_LONGER = 3
_GRADED = "graded activity (Lindstrom and others, Physical Therapy 72, 1992); thresholds are our own"
_OWN_TEXT = ("done", "pain_before", "pain_after", "note")
_TWO_WEEKS, _THREE_WEEKS = datetime.timedelta(days=14), datetime.timedelta(days=21)


def check(
    document: Mapping[str, Any],
    *,
    base: Mapping[str, Any] | None,
    today: datetime.date,
    conditions: Iterable[str] = (),
) -> list[Issue]:
    """Every issue of a plan document, errors first; `tools.issues.introduced` tells what a change is to blame for.

    `conditions` are the person's, in their words; those that the plan itself names count too. Never raises for a
    malformed document: that is what it reports.
    """
    view = read_plan(document)
    return by_severity(
        [
            *structure_issues(document, view),
            *_contraindicated(view, [*conditions, *_own_conditions(document)], today),
            *_dosing(document),
            *_growth(view),
            *_new_exercises(view),
            *_badly_borne(view, today),
            *changes_to_the_past(document, base, today, planned=_planned),
        ]
    )


def _own_conditions(document: Mapping[str, Any]) -> list[str]:
    meta = document.get("meta")
    told = meta.get("conditions") if isinstance(meta, Mapping) else None
    return [str(one) for one in told] if isinstance(told, list) else []


def _contraindicated(view: PlanView, conditions: Sequence[str], today: datetime.date) -> Iterator[Issue]:
    """What has been done by now stays, whatever was said since."""
    excluded = excluded_exercises(conditions)
    for session in view.sessions:
        why = excluded.get(session.data.exercise)
        if why is not None and session.date >= today:
            yield Issue(
                code="contraindicated",
                severity="error",
                ids=(session.id,),
                message=f"{session.title} ({session.id}) is left out with: {why}.",
                source="our own cautious reading of common precautions for exercise",
                fix="Choose another exercise, or ask a physiotherapist.",
            )


def _dosing(document: Mapping[str, Any]) -> Iterator[Issue]:
    items = document.get("items")
    for item_id, item in items.items() if isinstance(items, Mapping) else ():
        for text in _texts(item):
            found = dosing_in(text)
            if found is not None:
                yield Issue(
                    code="dosing_text",
                    severity="error",
                    ids=(str(item_id),),
                    message=f"{item_id} says “{found}”; how much of a medicine to take has no place in this plan.",
                    source="a self-care plan gives no advice on medicines",
                    fix="Leave it out; medicines are agreed with a doctor or pharmacist.",
                )


def _texts(item: Any) -> Iterator[str]:
    if isinstance(item, Mapping):
        data = item.get("data")
        note = data.get("note") if isinstance(data, Mapping) else None
        yield from (text for text in (item.get("title"), note) if isinstance(text, str))


def _growth(view: PlanView) -> Iterator[Issue]:
    for sessions in view.of_exercise().values():
        for index, later in enumerate(sessions[1:], start=1):
            yield from _step_issues(sessions[:index], later)
            yield from _length_issues(sessions[:index], later)


def _step_issues(before: Sequence[Session], later: Session) -> Iterator[Issue]:
    """An easier session in between is no step back: what counts is what was reached in the weeks before."""
    recent = [one for one in before if later.date - one.date <= _THREE_WEEKS] or before[-1:]
    reached = max(one.data.step for one in recent)
    if later.data.step - reached > 1:
        yield Issue(
            code="step_jump",
            severity="warning",
            ids=(later.id,),
            message=f"{later.title} ({later.id}) goes from step {reached} to {later.data.step} at once.",
            value=later.data.step - reached,
            limit=1,
            source=_GRADED,
            fix="Go up one step at a time.",
        )
    elif later.data.step - reached == 1:
        at_step = sum(one.data.step == reached for one in before)
        if at_step < BORNE_FOR_MORE:
            yield Issue(
                code="step_too_soon",
                severity="warning",
                ids=(later.id,),
                message=f"{later.title} ({later.id}) goes up to step {later.data.step} after {at_step} session"
                f"{'' if at_step == 1 else 's'} at step {reached}; {BORNE_FOR_MORE} are usual.",
                value=at_step,
                limit=BORNE_FOR_MORE,
                source=_GRADED,
                fix=f"Stay at step {reached} a little longer.",
            )


def _length_issues(before: Sequence[Session], later: Session) -> Iterator[Issue]:
    recent = [one.data.minutes for one in before if later.date - one.date <= _TWO_WEEKS]
    longest = max(recent, default=0)
    if longest and later.data.minutes > max(longest * MOST_LONGER, longest + _LEAST_LONGER):
        more = later.data.minutes / longest - 1
        yield Issue(
            code="much_longer",
            severity="warning",
            ids=(later.id,),
            message=f"{later.title} ({later.id}) of {later.data.minutes} min is {more:.0%} longer than the longest of the "
            f"two weeks before it ({longest} min).",
            value=later.data.minutes,
            limit=longest * MOST_LONGER,
            source=_GRADED,
            fix="Add a few minutes at a time.",
        )


def _new_exercises(view: PlanView) -> Iterator[Issue]:
    first = {exercise: sessions[0] for exercise, sessions in view.of_exercise().items()}
    for week in view.weeks:
        new = [session for session in first.values() if session.parent == week.id]
        if len(new) > MOST_NEW_A_WEEK:
            yield Issue(
                code="many_new_exercises",
                severity="warning",
                ids=(week.id,),
                message=f"{week.title} brings {len(new)} new exercises; {MOST_NEW_A_WEEK} at a time make it easier to "
                "tell what does good.",
                value=len(new),
                limit=MOST_NEW_A_WEEK,
                source=_GRADED,
                fix="Begin one of them a week later.",
            )


def _badly_borne(view: PlanView, today: datetime.date) -> Iterator[Issue]:
    for sessions in view.of_exercise().values():
        done = [session for session in sessions if session.data.done]
        if not done or direction_of(done) != "down":
            continue
        last = done[-1].data
        ahead = [
            one
            for one in sessions
            if one.date >= today
            and one.data.done is None
            and (one.data.step > max(last.step - 1, 1) or one.data.minutes > last.minutes * LESS_MINUTES + 1)
            and one.data.step >= last.step
        ]
        if ahead:
            yield Issue(
                code="ease_off",
                severity="warning",
                ids=tuple(one.id for one in ahead),
                message=f"After the last two sessions of {done[-1].title.lower()} pain was more than two points higher; "
                "the sessions to come are as hard as those.",
                source=_GRADED,
                fix="Ease off: one step down, or fewer minutes.",
            )


def _planned(item: Any) -> Any:
    """An item without what is written down about it afterwards: that is what a plan is for."""
    data = item.get("data") if isinstance(item, Mapping) else None
    if not isinstance(data, Mapping):
        return item
    return {**item, "data": {name: value for name, value in data.items() if name not in _OWN_TEXT}}
