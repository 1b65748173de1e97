"""Commits that happen once: replays, forks, people editing meanwhile, copied threads, restarts."""

from typing import Any
from uuid import UUID, uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from agent.domain import Domain
from agent.graph import build_graph
from agent.plan.edits import compile_edits
from agent.plan.records import Proposal
from agent.plan_store import repository
from tests.integration.agent.talk import EDIT, PLAN, Talk, in_memory
from tools.running.plan_items import KINDS

MOVE = "move the tempo in week 3 to Wednesday"


async def versions(talk: Talk) -> list[str]:
    plan_id = UUID((await talk.state())["plan_ref"]["plan_id"])
    return [one.kind for one in reversed(await (await repository()).history(plan_id))]


async def checkpoint_before(talk: Talk, node: str) -> dict[str, Any]:
    """The newest checkpoint from which `node` runs next."""
    async for snapshot in talk.graph.aget_state_history(talk.config):
        if snapshot.next == (node,):
            return dict(snapshot.config)
    raise AssertionError(f"{node} never ran")


async def test_replaying_from_before_the_commit_stores_nothing_twice(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(MOVE)
    again = await talk.run(None, await checkpoint_before(talk, "commit"))
    assert again.of("plan.version")[0]["version"] == 2
    assert await versions(talk) == ["create", "edit"]


async def test_replaying_a_first_plan_stores_nothing_twice(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.run(None, await checkpoint_before(talk, "commit"))
    assert await versions(talk) == ["create"]


async def test_a_fork_from_the_past_lands_by_merge_and_rewrites_nothing(talk: Talk) -> None:
    await talk.say(PLAN)
    before_edit = (await talk.graph.aget_state(talk.config)).config
    await talk.say(MOVE)
    turn = await talk.run({"messages": [("user", "move the tempo in week 4 to Wednesday")]}, dict(before_edit))
    assert turn.of("plan.version")[0]["version"] == 3
    document = await talk.document()
    assert document.items["w3-tempo"].data["date"] == "2026-04-22"
    assert document.items["w4-tempo"].data["date"] == "2026-04-29"


async def test_a_person_who_edits_while_the_agent_waits_is_not_overwritten(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(EDIT)
    head = await talk.version()
    ops = [{"op": "update_item", "id": "w5-long", "set": {"km": 15}}]
    by_hand = Proposal(
        id=uuid4(),
        plan_id=head.plan_id,
        base_version=1,
        document=compile_edits(head.document, ops, KINDS),
        author_kind="person",
    )
    await (await repository()).commit(by_hand)
    await talk.decide(type="approve")
    assert await versions(talk) == ["create", "edit", "merge"]
    items = (await talk.document()).items
    assert items["w5-long"].data["km"] == 15
    assert items["w3-tempo"].data["date"] == "2026-04-22"


async def test_what_others_changed_between_turns_is_seen_and_undo_takes_back_the_last_change(talk: Talk) -> None:
    await talk.say(PLAN)
    head = await talk.version()
    ops = [{"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"}]
    document = compile_edits(head.document, ops, KINDS)
    moved = Proposal(id=uuid4(), plan_id=head.plan_id, base_version=1, document=document, author_kind="person")
    await (await repository()).commit(moved)
    refused = await talk.say("move Tuesday's tempo in week 3 to Thursday")
    assert "Wed 22 Apr" in refused.text
    assert refused.text.startswith("Meanwhile the plan was changed outside this conversation: Moved Tempo from Tue 21")
    assert "Meanwhile" not in (await talk.say("hello")).text
    await talk.say("undo")
    assert (await talk.version()).hash == head.hash


async def test_undoing_twice_goes_back_two_changes_and_then_says_that_nothing_is_left(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(MOVE)
    await talk.say("move the tempo in week 4 to Wednesday")
    await talk.say("undo")
    await talk.say("undo that")
    assert (await talk.version()).hash == (await talk.version(1)).hash
    third = await talk.say("undo")
    assert "nothing was changed" in third.text
    assert (await talk.version()).version == 5


async def test_restoring_and_comparing_versions(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(MOVE)
    await talk.say("move the tempo in week 4 to Wednesday")
    compared = await talk.say("compare 1 and 3")
    assert "Tue 21 Apr to Wed 22 Apr" in compared.text
    assert "Tue 28 Apr to Wed 29 Apr" in compared.text
    await talk.say("go back to version 2")
    assert (await talk.version()).hash == (await talk.version(2)).hash
    assert (await versions(talk))[-1] == "restore"
    listed = await talk.say("list versions")
    assert "version 4 (restore, current)" in listed.text


async def test_a_copied_thread_gets_a_plan_of_its_own_at_its_first_change(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(MOVE)
    copy = Talk(talk.graph)
    await copy.graph.aupdate_state(copy.config, await talk.state(), as_node="remember")
    assert "22 Apr" in (await copy.say("when is the tempo in week 3?")).text
    assert (await copy.state())["plan_ref"] == (await talk.state())["plan_ref"]
    await copy.say("move the tempo in week 4 to Wednesday")
    assert (await copy.state())["plan_ref"]["plan_id"] != (await talk.state())["plan_ref"]["plan_id"]
    assert (await copy.document()).items["w4-tempo"].data["date"] == "2026-04-29"
    assert (await talk.document()).items["w4-tempo"].data["date"] == "2026-04-28"
    assert (await talk.version()).version == 2
    await copy.say("move the tempo in week 5 to Wednesday")
    assert (await copy.version()).version == 3


async def test_a_plan_of_another_user_is_not_read_through_a_forged_pointer(talk: Talk) -> None:
    await talk.say(PLAN)
    thief = Talk(talk.graph, user_id="somebody else")
    await thief.graph.aupdate_state(thief.config, {"plan_ref": (await talk.state())["plan_ref"]}, as_node="remember")
    assert "no plan" in (await thief.say("show the plan")).text
    assert (await thief.state())["plan_ref"] is None


async def test_the_conversation_survives_a_restart_on_postgres(database_env: str, coach: Domain) -> None:
    async with AsyncPostgresSaver.from_conn_string(database_env) as saver:
        await saver.setup()
        talk = Talk(build_graph(coach).compile(checkpointer=saver))
        await talk.say(PLAN)
        await talk.say(EDIT)
    async with AsyncPostgresSaver.from_conn_string(database_env) as saver:
        again = Talk(build_graph(coach).compile(checkpointer=saver), talk.thread)
        await again.decide(type="approve")
        await again.say("undo that")
        assert await versions(again) == ["create", "edit", "undo"]
        assert (await again.version()).hash == (await again.version(1)).hash
        assert len([m for m in await again.messages() if m.type == "human"]) == 3


async def test_two_threads_have_two_plans(talk: Talk, coach: Domain) -> None:
    other = Talk(in_memory(build_graph(coach)))
    await talk.say(PLAN)
    await other.say(PLAN.replace("8-week", "10-week"))
    assert (await talk.state())["plan_ref"]["plan_id"] != (await other.state())["plan_ref"]["plan_id"]


async def test_with_auto_approval_an_undo_that_later_changes_cover_says_that_they_are_kept(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="auto")
    await talk.say(PLAN)
    await talk.say("move the tempo in week 3 to Wednesday")
    await talk.say("move the tempo in week 3 to Friday")
    turn = await talk.say("undo version 2")
    assert "Undoing version 2 changes nothing: later changes of the same things are kept." in turn.text
    assert (await talk.version()).version == 3
