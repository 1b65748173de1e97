"""The first conversation of a newcomer, through the compiled graph: a plan, an edit, and undo."""

from agent.graph import build_graph
from agent.plan.diff import diff
from graphs.coach import COACH
from tests.integration.agent.talk import EDIT, PLAN, Talk, Turn, in_memory


async def test_a_plan_is_built_edited_exactly_and_restored_exactly() -> None:
    talk = Talk(in_memory(build_graph(COACH)))
    first = await talk.say(PLAN)
    report("you", PLAN, first)
    assert first.types == ["retrieval.hits", "plan.draft", "plan.issues", "plan.version"]
    assert (await talk.version()).version == 1
    built = await talk.document()
    assert built.items["w3-tempo"].data["date"] == "2026-04-21"
    long_before = built.items["w3-long"].data["km"]

    second = await talk.say(EDIT)
    report("you", EDIT, second)
    # Two km more make the week 16 % longer than any before: a warning, so the default policy asks first.
    assert second.interrupt is not None
    assert (await talk.version()).version == 1
    third = await talk.decide(type="approve")
    report("you", "(approve)", third)
    assert third.types == ["plan.version"]
    change = diff(built, await talk.document())
    assert change.touched == {"w3-tempo", "w3-long"}
    assert [(one.path, one.after) for one in change.changed["w3-tempo"]] == [(("data", "date"), "2026-04-22")]
    assert [(one.path, one.after) for one in change.changed["w3-long"]] == [(("data", "km"), long_before + 2)]
    assert len(second.of("plan.diff")[0]["changes"]) == 2

    last = await talk.say("undo that")
    report("you", "undo that", last)
    assert last.interrupt is None
    assert last.text.startswith("Version 2 is undone. ")
    assert last.text.endswith("The plan is now version 3, the same as version 1.")
    versions = [await talk.version(number) for number in (1, 2, 3)]
    assert [version.kind for version in versions] == ["create", "edit", "undo"]
    assert versions[2].hash == versions[0].hash != versions[1].hash
    assert (await talk.state())["plan_ref"]["hash"] == versions[0].hash
    assert not await talk.unanswered()


def report(who: str, said: str, turn: Turn) -> None:
    print(f"\n{who}: {said}")
    for event in turn.events:
        told = {k: v for k, v in event.items() if k in ("summary", "version", "kind", "issues", "hits")}
        told = {k: len(v) if k == "hits" else [i["code"] for i in v] if k == "issues" else v for k, v in told.items()}
        print(f"  · {event['type']} {told}")
    print(f"coach: {turn.text}")
