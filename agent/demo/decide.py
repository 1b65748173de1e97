"""The demo model's policy: from what it perceives to an answer or to tool calls. Pure and deterministic."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from agent.demo import plan_questions, speech
from agent.demo.calendar_words import impossible_day
from agent.demo.clauses import edit_clauses, sounds_like_an_edit
from agent.demo.edit_requests import operations
from agent.demo.editor import Editor
from agent.demo.patterns import Match, clean
from agent.demo.perceive import Perception, PlanView
from agent.demo.phrases import Intent, Phrases
from agent.demo.quantities import number
from agent.demo.references import CannotResolve, Focus, Picks
from agent.demo.reply import Reply, call
from agent.demo.requests import VERSION_REQUESTS, plain_request
from agent.demo.slots import Reading, extract
from agent.demo.tool_requests import asked_tool
from agent.memory.facts import MAX_LENGTH
from agent.memory.stated import kind_of

MAX_CALLS = 6
MAX_TEXT = 1000
NOTHING_WAITS = "Nothing is waiting for a yes or no. Say what to change."
_QUESTION = re.compile(
    r"^(?:why|what|how|when|which|who|where|should|shall|is|are|does|do|can|could|may|explain|tell me (?:about|why|how))"
    r"\b",
    re.IGNORECASE,
)


def decide(seen: Perception, phrases: Phrases) -> Reply:
    """The one reply to what was perceived, after what must be said first: a safety rule's words, others' changes."""
    reply = _decided(seen, phrases)
    if reply.calls:
        return reply
    first = [seen.say_first] if seen.say_first else []
    if seen.plan is not None and seen.plan.changed_meanwhile:
        first.append(speech.changed_meanwhile(seen.plan.changed_meanwhile))
    return Reply("\n\n".join(part for part in (*first, reply.text) if part))


def _decided(seen: Perception, phrases: Phrases) -> Reply:
    if seen.results:
        return _after_results(seen)
    if not seen.turn.text:
        return Reply(speech.introduction(phrases))
    for step in (_unreadable, _named_tool, _versions, _first, _edits, _build, _requests, _intents, _question):
        reply = step(seen, phrases)
        if reply is not None:
            return _checked(reply, seen)
    if sounds_like_an_edit(seen.turn.text) and seen.plan is None:
        return Reply(speech.no_plan_yet(phrases))
    return Reply(speech.not_understood(phrases, seen.turn.text))


def _unreadable(seen: Perception, phrases: Phrases) -> Reply | None:
    """What is said of a text that is too long, or names a day that there is not."""
    if len(seen.turn.text) > MAX_TEXT:
        return Reply(speech.too_long(phrases, MAX_TEXT))
    wrong = impossible_day(seen.turn.text, seen.today)
    return Reply(wrong) if wrong is not None else None


def _after_results(seen: Perception) -> Reply:
    """The results in their own words; operations that a tool proposes are put to the plan, once."""
    ops = [op for result in seen.results if result.status != "error" for op in speech.proposed_ops(result)]
    said = speech.results_spoken(seen.results)
    if not ops or seen.plan is None or "edit_plan" not in seen.tools:
        return Reply(said)
    return call("edit_plan", {"base_version": seen.plan.version, "rationale": seen.turn.text[:500], "ops": ops})


def _checked(reply: Reply, seen: Perception) -> Reply:
    """The reply, unless it needs a tool that this assistant wasn't given."""
    missing = sorted({call.name for call in reply.calls} - seen.tools)
    if missing:
        return Reply(f"I understand, but I have no tool for that here ({', '.join(missing)}).")
    if seen.calls_made + len(reply.calls) > MAX_CALLS:
        return Reply("That takes more steps than I may take in one turn; ask for less at once.")
    return reply


def _versions(seen: Perception, phrases: Phrases) -> Reply | None:
    found = plain_request(seen.turn.text)
    if found is None or found.name not in VERSION_REQUESTS:
        return None
    if seen.plan is None:
        return Reply(speech.no_plan_yet(phrases))
    if found.name == "redo":
        return _redo(found, seen.plan, seen.touched)
    return _VERSION_ANSWERS[found.name](found, seen.plan)


def _undo(found: Match, plan: PlanView) -> Reply:
    said = found.get("version")
    return call("undo_plan", {"version": _whole(said)} if said else {})


def _redo(found: Match, plan: PlanView, touched: Collection[str]) -> Reply:
    if plan.last_change != "undo":
        # "remove the tempo" … "add it back"
        if "back" in found.slots and touched:
            return call("undo_plan", {})
        return Reply("There is nothing to redo: the last change was not an undo.")
    return call("undo_plan", {"version": plan.version})


def _restore(found: Match, plan: PlanView) -> Reply:
    return call("restore_plan", {"version": _whole(found.slots["version"]) if "version" in found.slots else 1})


def _compare(found: Match, plan: PlanView) -> Reply:
    if "a" in found.slots:
        return call("compare_versions", {"a": _whole(found.slots["a"]), "b": _whole(found.slots["b"])})
    if "b" in found.slots:
        newer = _whole(found.slots["b"])
        return (
            call("compare_versions", {"a": newer - 1, "b": newer}) if newer > 1 else Reply("Version 1 was the first.")
        )
    if plan.version < 2:
        return Reply("The plan has only one version so far; there is nothing to compare.")
    return call("compare_versions", {"a": plan.version - 1, "b": plan.version})


def _edits(seen: Perception, phrases: Phrases) -> Reply | None:
    titles = seen.plan.titles if seen.plan is not None else {}
    clauses = edit_clauses(seen.turn.text, [change.rule for change in phrases.changes], titles)
    if not clauses:
        return None
    if seen.plan is None:
        # "make me a plan" begins like an edit; only without a plan in the words is it one.
        return None if _asks_for_a_plan(seen.turn.text, phrases) else Reply(speech.no_plan_yet(phrases))
    editor = Editor(seen.plan, phrases, seen.today, Picks(list(seen.turn.picks)), _named_last(seen))
    try:
        ops = operations(editor, clauses)
    except CannotResolve as unresolved:
        return None if _asks_for_a_plan(seen.turn.text, phrases) else Reply(str(unresolved))
    args = {"base_version": seen.plan.version, "rationale": seen.turn.text, "ops": ops}
    return call("edit_plan", args)


def _named_last(seen: Perception) -> Focus:
    """What "it" stands for at the beginning of a request: the one item that the turn before changed."""
    plan = seen.plan
    rows = [row for row in plan.rows if row.id in seen.touched] if plan is not None else []
    return Focus(item=rows[0]) if len(rows) == 1 and len(seen.touched) == 1 else Focus()


def _asks_for_a_plan(text: str, phrases: Phrases) -> bool:
    if any(pattern.search(text) for pattern in phrases.build_unless):
        return False
    return any(pattern.search(text) for pattern in phrases.build_cues)


def _build(seen: Perception, phrases: Phrases) -> Reply | None:
    if not _asks_for_a_plan(seen.turn.text, phrases):
        return None
    slots = extract(phrases.build_slots, seen.turn.text, Reading(seen.today))
    for name, question in phrases.build_ask.items():
        if name not in slots:
            return Reply(question)
    return call("build_plan", slots)


def _requests(seen: Perception, phrases: Phrases) -> Reply | None:
    found = plain_request(seen.turn.text)
    if found is None or found.name not in _ANSWERS:
        return None
    return _ANSWERS[found.name](seen, phrases, found)


def _named_tool(seen: Perception, phrases: Phrases) -> Reply | None:
    return asked_tool(seen.turn.text, seen.parameters)


def _first(seen: Perception, phrases: Phrases) -> Reply | None:
    return _heard(seen, phrases, [intent for intent in phrases.intents if intent.first])


def _intents(seen: Perception, phrases: Phrases) -> Reply | None:
    return _heard(seen, phrases, [intent for intent in phrases.intents if not intent.first])


def _heard(seen: Perception, phrases: Phrases, intents: Sequence[Intent]) -> Reply | None:
    """The answer of the first intent that has all it needs, else the question of the first that lacks something."""
    text, questions = seen.turn.text, list[str]()
    for intent in intents:
        if not intent.hears(text):
            continue
        if intent.needs_plan and seen.plan is None:
            return Reply(speech.no_plan_yet(phrases))
        try:
            slots = extract(intent.slots, text, _reading(seen, phrases))
        except CannotResolve as unresolved:
            return Reply(str(unresolved))
        question = intent.question(slots)
        if question is None:
            return _answered(seen, intent, slots) if intent.tool else Reply(intent.say)
        if question:
            questions.append(question)
    # A question that articles answer sounds like one for a tool at times.
    return Reply(questions[0]) if questions and not (seen.passages and _QUESTION.match(clean(text))) else None


def _answered(seen: Perception, intent: Intent, slots: Mapping[str, Any]) -> Reply:
    """The tool's call; what is taken from a list is one of the list that was shown, where that is the plan's own."""
    given, plan = seen.searched.get(intent.from_list, {}), seen.plan
    takes = seen.parameters.get(intent.tool, {}).get("properties", {})
    if plan is None or not all(plan.says(v) if name in takes else plan.entitled(v) for name, v in given.items()):
        return Reply(intent.other_list) if given else call(intent.tool, intent.arguments(slots))
    passed = {name: value for name, value in given.items() if name in takes}
    return call(intent.tool, passed | intent.arguments(slots))


def _reading(seen: Perception, phrases: Phrases) -> Reading:
    plan = seen.plan
    if plan is None:
        return Reading(seen.today)
    editor = Editor(plan, phrases, seen.today, Picks(list(seen.turn.picks)))
    return Reading(seen.today, plan, editor.rows)


def _question(seen: Perception, phrases: Phrases) -> Reply | None:
    text = clean(seen.turn.text)
    if not (_QUESTION.match(text) or seen.turn.text.rstrip().endswith("?")):
        return None
    if not seen.passages:
        return Reply(
            f"I find nothing on that in what I have to read. This is {speech.LABEL}; it quotes its articles and "
            "does not answer from memory."
        )
    return Reply(speech.answer_from(seen.passages, text))


def _remember(seen: Perception, phrases: Phrases, found: Match) -> Reply:
    if seen.facts is None:
        return Reply("There is no long-term memory here, so I can't keep that beyond this conversation.")
    fact = found.slots["fact"][:MAX_LENGTH]
    return call("remember", {"text": fact, "kind": kind_of(fact)})


def _forget(seen: Perception, phrases: Phrases, found: Match) -> Reply:
    if not seen.facts:
        return Reply("I remember nothing about you.")
    return call("forget", {"text": found.slots["fact"][:MAX_LENGTH]})


def _recall(seen: Perception, phrases: Phrases, found: Match) -> Reply:
    if not seen.facts:
        return Reply("Nothing yet. Say, for example, “remember that I run on Mondays”.")
    return Reply("You told me:\n" + "\n".join(f"- {fact}" for fact in seen.facts))


def _whole(text: str) -> int:
    return int(number(text) or 0)


_VERSION_ANSWERS: dict[str, Callable[[Match, PlanView], Reply]] = {
    "undo": _undo,
    "delete": lambda found, plan: Reply(
        "A plan stays with its conversation, with all its versions; I don't delete it. Take single items out here, or begin a "
        "new conversation for a new plan."
    ),
    "restore": _restore,
    "compare": _compare,
    "history": lambda found, plan: call("plan_history", {}),
}
_ANSWERS: dict[str, Callable[[Perception, Phrases, Match], Reply | None]] = {
    "show": plan_questions.show,
    "longest": plan_questions.longest,
    "remember": _remember,
    "recall": _recall,
    "forget": _forget,
    "greet": lambda seen, phrases, found: Reply(f"{phrases.greeting} {speech.introduction(phrases)}"),
    "thank": lambda seen, phrases, found: Reply("You're welcome." if "than" in seen.turn.text.lower() else "Good."),
    "never_mind": lambda seen, phrases, found: Reply("All right; nothing was changed."),
    "yes_or_no": lambda seen, phrases, found: Reply("" if seen.say_first else NOTHING_WAITS),
    "bye": lambda seen, phrases, found: Reply("Goodbye. The plan stays in this conversation."),
    "help": lambda seen, phrases, found: Reply(speech.introduction(phrases)),
}
