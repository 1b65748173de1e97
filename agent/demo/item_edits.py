"""Changes of whole items: adding, removing, another type or title, and what a domain says of its own."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from agent.demo.calendar_words import calendar_date, spoken, weekday
from agent.demo.editor import Editor, Operation, amount_said, in_unit, unknown_type
from agent.demo.patterns import DAY_PATTERN, WEEK_PATTERN, Match
from agent.demo.perceive import Row
from agent.demo.phrases import ItemType
from agent.demo.references import MAX_CHOICES, CannotResolve, type_named
from agent.demo.slots import Reading


def retype(editor: Editor, clause: Match) -> list[Operation]:
    """Another type of session."""
    to = type_named(clause.slots["type"], editor.phrases)
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        if to is None or row.kind != to.kind or not to.data:
            raise CannotResolve(f"{row.title} can't become that; remove it and add another instead.")
        operation = {"op": "update_item", "id": row.id, "title": to.title, "set": dict(to.data)}
        old = [name for name in editor.phrases.retype_clears if name in row.fields]
        operations.append(operation | ({"unset": old} if old else {}))
    return operations


def retitle(editor: Editor, clause: Match) -> list[Operation]:
    """Another title."""
    item, title = clause.slots["item"], clause.slots["title"]
    if "called" in clause.slots:
        item, title = _item_and_title(editor, f"{item} {title}".split())
    rows = editor.rows(item)
    title = title.strip("\"'")
    return [{"op": "update_item", "id": row.id, "title": title, "set": {}} for row in rows]


def _item_and_title(editor: Editor, words: list[str]) -> tuple[str, str]:
    """ "call the long run in week 2 Parkrun": nothing divides item and title, so the item is as long as there is one."""
    for count in range(len(words) - 1, 0, -1):
        item = " ".join(words[:count])
        try:
            editor.rows(item)
        except CannotResolve:
            continue
        return item, " ".join(words[count:])
    return words[0], " ".join(words[1:])


def own_change(editor: Editor, clause: Match) -> list[Operation]:
    """A change that only this domain knows: fields set to fixed values or to what was said."""
    change = editor.phrases.change(clause.name)
    reading = Reading(editor.today, editor.plan, editor.rows)
    values: dict[str, Any] = {}
    for field, value in change.values.items():
        if not (isinstance(value, str) and value.startswith("$")):
            values[field] = value
            continue
        name = value[1:]
        if name not in clause.slots:
            continue
        parser = change.parsers.get(name)
        said = clause.slots[name].strip("\"'")
        values[field] = parser({name: said}, reading) if parser is not None else said
        if values[field] is None:
            raise CannotResolve(f"I can't read “{said}” here.")
    return [
        {"op": "update_item", "id": row.id, "set": values}
        | ({"unset": kept} if (kept := [name for name in change.unset if name in row.fields]) else {})
        for row in editor.rows(clause.slots["item"])
    ]


def add(editor: Editor, clause: Match) -> list[Operation]:
    """A new item on a day or in a group."""
    item_type, title = _named(editor, clause.slots["type"])
    when = clause.get("when")
    day, parent = _when(editor, when or "") if item_type.dated else (None, _group(editor, when or ""))
    data: dict[str, Any] = {**item_type.data, **({"date": day.isoformat()} if day is not None else {})}
    if item_type.measure is not None:
        said = clause.get("amount")
        length = in_unit(amount_said(said), item_type.measure, None) if said else item_type.usual
        if length is None:
            raise CannotResolve(f"How long should it be? Say, for example, “add a 10 km {item_type.words[0]} …”.")
        data[item_type.measure] = round(length, 1) if item_type.measure.endswith("km") else int(length)
    operation: Operation = {"op": "add_item", "kind": item_type.kind, "title": title, "data": data}
    return [operation | ({"parent": parent.id} if parent is not None else {})]


def _named(editor: Editor, text: str) -> tuple[ItemType, str]:
    """The type and the title of a new item: a word of the vocabulary, or a title where there is a type for any."""
    known = type_named(text, editor.phrases)
    if known is not None:
        return known, known.title
    titled = next((one for one in editor.phrases.types if one.titled), None)
    if titled is None:
        raise CannotResolve(unknown_type(text, editor.phrases))
    title = text.strip(" \"'")
    for word in titled.words:
        title = re.sub(rf"^{re.escape(word)}(?::| called| named| to)? (?=\S)", "", title)
    title = title.strip(" \"'")
    return titled, title[:1].upper() + title[1:]


def _group(editor: Editor, text: str) -> Row | None:
    """The group that words name, if any."""
    said = WEEK_PATTERN.search(text)
    return editor.week(said[0]) if said else editor.focus.week


def _when(editor: Editor, text: str) -> tuple[date, Row | None]:
    """The day said and the group it is in; raises CannotResolve, with a choice of groups where only a weekday is said."""
    plan = editor.plan
    said_week, said_day = WEEK_PATTERN.search(text), DAY_PATTERN.search(WEEK_PATTERN.sub(" ", text))
    if said_day is None:
        week = editor.week(said_week[0]) if said_week else None
        start = plan.start(week) if week is not None else None
        if week is None or start is None or plan.group.days == 7:
            where = f" in {plan.group.word} 2" if plan.group.days == 7 else ""
            raise CannotResolve(f"On which day? Say, for example, “… on Friday{where}”.")
        return start, week
    day_of_week = weekday(said_day[0])
    if day_of_week is None:
        day = calendar_date(said_day[0], editor.today)
    elif not plan.weeks or plan.group.days != 7:
        day = _coming(editor, day_of_week)
    else:
        week = editor.week(said_week[0]) if said_week else editor.focus.week or _chosen_week(editor, day_of_week)
        day = plan.day_in(week, day_of_week, None)
    if day is None:
        raise CannotResolve(
            f"“{text}” is not a day I understand; say, for example, “on Friday in {plan.group.word} 2”."
        )
    inside = plan.group_of(day)
    if inside is None and plan.weeks and plan.group.days:
        raise CannotResolve(f"{spoken(day)} is outside the plan.")
    return day, inside


def _coming(editor: Editor, day_of_week: int) -> date | None:
    """The plan's first day that is this weekday, from today on if there is one; without groups the next to come."""
    days = [start for group in editor.plan.weeks if (start := editor.plan.start(group))]
    fitting = sorted(day for day in days if day.weekday() == day_of_week)
    if fitting or days:
        return next((day for day in fitting if day >= editor.today), fitting[0] if fitting else None)
    return date.fromordinal(editor.today.toordinal() + (day_of_week - editor.today.weekday()) % 7)


def _chosen_week(editor: Editor, day_of_week: int) -> Row:
    ahead = [
        row
        for row in editor.plan.weeks
        if (day := editor.plan.day_in(row, day_of_week, None)) is not None and day >= editor.today
    ][:MAX_CHOICES]
    week = editor.picks.take(ahead)
    if week is not None:
        return week
    listed = "\n".join(f"{n}. {row.title}" for n, row in enumerate(ahead, start=1))
    raise CannotResolve(f"In which week?\n{listed}\n\nSay the number." if ahead else "The plan is over by then.")


def remove(editor: Editor, clause: Match) -> list[Operation]:
    """Take sessions out."""
    rows = editor.sessions(clause.slots["item"])
    return [{"op": "remove_item", "id": row.id, "reason": "asked for"} for row in rows]
