"""Questions about the plan that its outline answers: what is when, how long, what comes next."""

from __future__ import annotations

from agent.demo import speech
from agent.demo.calendar_words import calendar_date, spoken, weekday
from agent.demo.patterns import Match
from agent.demo.perceive import Perception, PlanView
from agent.demo.phrases import Phrases
from agent.demo.quantities import number
from agent.demo.references import CannotResolve, Focus, Picks, find_week, label, resolve
from agent.demo.reply import Reply, call


def show(seen: Perception, phrases: Phrases, found: Match) -> Reply | None:
    """The plan, a week, a day or a session; None when it turns out to be a question about something else."""
    if seen.plan is None:
        return Reply(speech.no_plan_yet(phrases))
    try:
        if "item" in found.slots:
            return _item_shown(seen, phrases, found, seen.plan)
        if "day" in found.slots:
            return _day_shown(seen, found, seen.plan)
    except CannotResolve as unresolved:
        return Reply(str(unresolved))
    return _plan_shown(seen, found, seen.plan)


def _plan_shown(seen: Perception, found: Match, plan: PlanView) -> Reply:
    if "week" in found.slots:
        return _week_shown(seen, found, plan)
    if "version" in found.slots:
        return call("show_plan", {"version": int(number(found.slots["version"]) or 0)})
    return _next_shown(seen, plan) if "next" in seen.turn.text.lower() else call("show_plan", {})


def longest(seen: Perception, phrases: Phrases, found: Match) -> Reply:
    """The longest session of the plan's main kind."""
    if seen.plan is None:
        return Reply(speech.no_plan_yet(phrases))
    kind, name = next(iter(phrases.measures.items()))
    rows = [row for row in seen.plan.sessions if row.kind == kind and name in row.numbers]
    longest = max(rows, key=lambda row: row.numbers[name], default=None)
    return Reply(_line(longest.id, seen.plan) if longest is not None else "The plan has none.")


def _week_shown(seen: Perception, found: Match, plan: PlanView) -> Reply:
    week = find_week(found.slots["week"], plan, seen.today)
    if week is None:
        return Reply(f"The plan has no {found.slots['week']}; it has {len(plan.weeks)} weeks.")
    return call("show_plan", {"week": plan.week_number(week)})


def _next_shown(seen: Perception, plan: PlanView) -> Reply:
    coming = [row for row in plan.sessions if row.day is not None and row.day >= seen.today]
    return Reply(_line(coming[0].id, plan) if coming else "Nothing is left in the plan.")


def _item_shown(seen: Perception, phrases: Phrases, found: Match, plan: PlanView) -> Reply | None:
    focus = Focus(find_week(found.slots["week"], plan, seen.today)) if "week" in found.slots else Focus()
    try:
        picks = Picks(list(seen.turn.picks))
        rows = resolve(found.slots["item"], plan, phrases, seen.today, focus=focus, picks=picks)
    except CannotResolve as unresolved:
        # "what is a tempo run?" names no item of the plan: it is a question for the articles.
        return Reply(str(unresolved)) if "\n1. " in str(unresolved) and focus.week is not None else None
    return Reply("\n".join(_line(row.id, plan) for row in rows))


def _day_shown(seen: Perception, found: Match, plan: PlanView) -> Reply:
    said = found.slots["day"]
    day_of_week = weekday(said)
    day = calendar_date(said, seen.today) if day_of_week is None else None
    week = find_week(found.slots["week"], plan, seen.today) if "week" in found.slots else None
    rows = [
        row
        for row in plan.sessions
        if row.day is not None
        and (row.day == day if day is not None else row.day.weekday() == day_of_week)
        and (week is None or row.parent == week.id)
    ]
    if week is None and day is None:
        rows = [row for row in rows if row.day is not None and row.day >= seen.today][:1]
    if not rows:
        coming = [row for row in plan.sessions if row.day is not None and row.day >= (day or seen.today)]
        following = f" Next: {_line(coming[0].id, plan)}." if coming else ""
        return Reply(f"Nothing is planned on {spoken(day) if day else said}.{following}")
    return Reply("\n".join(_line(row.id, plan) for row in rows))


def _line(item_id: str, plan: PlanView) -> str:
    row = next(row for row in plan.rows if row.id == item_id)
    numbers = ", ".join(f"{value:g} {name}" for name, value in row.numbers.items() if name in ("km", "minutes"))
    return label(row, plan) + (f": {numbers}" if numbers else "")
