"""What is remembered: two vectors a turn, facts with where they came from, recalled for the same person only."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from langchain_core.messages import AIMessage

from agent.domain import Domain
from agent.graph import build_graph
from agent.memory import vector_table
from agent.memory.facts import Facts
from agent.memory.fusion import fused
from agent.memory.recall import recall
from agent.memory.vector_table import Remembered, opened, table_names
from agent.plan import connections
from tests.integration.agent.scripted_model import calling, script
from tests.integration.agent.talk import PLAN, Talk, in_memory


async def rows(sql: str, *values: Any) -> list[Any]:
    async with (await connections.pool()).connection() as connection:
        return await (await connection.execute(sql, values)).fetchall()


async def vectors() -> list[tuple[str, str, str, str]]:
    """(user, thread, role, text) of every message that is kept as a vector."""
    [name] = await table_names("messages")
    return await rows(f'select user_id, thread_id, role, content from public."{name}" order by said_at, role desc')


async def test_a_turn_leaves_exactly_two_vectors_whatever_happened_in_it(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), user_id="ada")
    turn = await talk.say(PLAN)
    assert [(user, thread, role) for user, thread, role, _ in await vectors()] == [
        ("ada", talk.thread, "user"),
        ("ada", talk.thread, "assistant"),
    ]
    assert [text for *_, text in await vectors()] == [PLAN, turn.text.strip()]
    await talk.say("show week 3")
    await talk.say("I want to die")
    assert len(await vectors()) == 6


async def test_a_replayed_turn_leaves_no_more(talk: Talk) -> None:
    await talk.say("hello")
    history = [one async for one in talk.graph.aget_state_history(talk.config)]
    before = next(one for one in history if one.next == ("remember",))
    await talk.run(None, before.config)
    assert len(await vectors()) == 2


async def test_an_approved_change_is_one_turn(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    await talk.say(PLAN)
    assert await vectors() == []
    await talk.decide(type="approve")
    assert len(await vectors()) == 2


async def test_what_was_said_is_recalled_in_a_later_thread_of_the_same_person_and_never_of_another(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = in_memory(build_graph(coach))
    said = "My sister Zelda lives in Reykjavik and we will run there together in June"
    first = Talk(graph, user_id="ada")
    await first.say(said)
    later = await Talk(graph, user_id="ada").say("where does my sister Zelda live?")
    hit = next(hit for hit in later.of("retrieval.hits")[0]["hits"] if hit["kind"] == "message")
    assert hit["text"] == said
    assert first.thread in hit["source"]
    assert hit["score"] > 0.35

    model = script(monkeypatch, [AIMessage("In Reykjavik."), AIMessage("I don't know.")])
    await Talk(graph, user_id="ada").say("where does my sister Zelda live?")
    await Talk(graph, user_id="bob").say("where does my sister Zelda live?")
    of_ada, of_bob = (prompt[0].text for prompt in model.prompts)
    assert "Reykjavik" in of_ada
    assert "Reykjavik" not in of_bob


@pytest.mark.parametrize(("one", "other"), [("a.b", "a_b"), ("a_b", "aXb"), ("a%", "abc"), ("ada", "ada2"), ("é", "e")])
async def test_users_with_ids_that_look_alike_share_nothing(coach: Domain, one: str, other: str) -> None:
    graph = in_memory(build_graph(coach))
    await Talk(graph, user_id=one).say("remember that my dog is called Rex")
    assert [fact.text for fact in await Facts(one).all()] == ["my dog is called Rex"]
    assert await Facts(other).all() == []
    assert "Nothing yet" in (await Talk(graph, user_id=other).say("what do you know about me?")).text
    assert await recall(other, "what is my dog called?", present=()) == ([], [])


async def test_a_client_that_reuses_anothers_message_id_overwrites_nothing(coach: Domain) -> None:
    graph = in_memory(build_graph(coach))
    stolen = {"role": "user", "content": "I am Ada and I live in Paris", "id": "m1"}
    ada, eve = Talk(graph, user_id="ada"), Talk(graph, user_id="eve")
    await ada.run({"messages": [stolen]})
    await eve.run({"messages": [{**stolen, "content": "I am Eve"}]})
    assert {(user, text) for user, _, role, text in await vectors() if role == "user"} == {
        ("ada", "I am Ada and I live in Paris"),
        ("eve", "I am Eve"),
    }


async def test_a_fact_is_kept_with_where_it_came_from_and_known_in_another_thread(coach: Domain) -> None:
    graph = in_memory(build_graph(coach))
    talk = Talk(graph, user_id="ada")
    saved = (await talk.say("remember that I run on Mondays")).of("memory.saved")
    assert [(one["text"], one["kind"]) for one in saved] == [("I run on Mondays", "fact")]
    human = (await talk.messages())[0]
    assert saved[0]["source"]["message_id"] == human.id
    assert saved[0]["source"]["thread_id"] == talk.thread
    assert saved[0]["source"]["by"] == "tool"
    assert "- I run on Mondays" in (await Talk(graph, user_id="ada").say("what do you know about me?")).text
    assert "Nothing yet" in (await Talk(graph, user_id="bob").say("what do you know about me?")).text
    stored = await rows("select prefix, key, value from store")
    assert [(prefix, key) for prefix, key, _ in stored] == [("ada.profile", saved[0]["key"])]


async def test_a_fact_is_kept_by_rule_when_a_model_calls_no_tool_for_it(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, [AIMessage("Fine.")])
    turn = await Talk(in_memory(build_graph(coach)), user_id="ada").say("I prefer running in the morning")
    assert [(one["kind"], one["source"]["by"]) for one in turn.of("memory.saved")] == [("preference", "rule")]


async def test_facts_are_forgotten_when_asked_the_one_that_is_meant_or_all(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), user_id="ada")
    for fact in ("my dog is called Rex", "my cat is called Tom", "I like hills"):
        await talk.say(f"remember that {fact}")
    assert "Which of these" in (await talk.say("forget what my pet is called")).text
    turn = await talk.say("forget that my dog is called Rex")
    assert turn.of("memory.forgotten")[0]["text"] == "my dog is called Rex"
    assert [fact.text for fact in await Facts("ada").all()] == ["my cat is called Tom", "I like hills"]
    assert "I remember nothing like that" in (await talk.say("forget that I own a boat")).text
    assert "everything" in (await talk.say("forget everything about me")).text
    assert await Facts("ada").all() == []
    facts, _ = await recall("ada", "what is my cat called?", present=())
    assert facts == []


async def test_a_language_model_remembers_and_forgets_by_tools(coach: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    script(
        monkeypatch,
        [
            calling(("remember", {"text": "allergic to nuts", "kind": "fact"}), ("forget", {"text": "no such thing"})),
            calling(("remember", {"text": "", "user_id": "bob"}), tag="d"),
            AIMessage("Noted."),
        ],
    )
    talk = Talk(in_memory(build_graph(coach)), user_id="ada")
    await talk.say("I can't eat nuts")
    assert [fact.text for fact in await Facts("ada").all()] == ["allergic to nuts"]
    told = [json.loads(message.text) for message in await talk.messages() if message.type == "tool"]
    assert [one["result_type"] for one in told] == ["memory", "memory", "error"]
    assert await talk.unanswered() == set()


async def test_without_a_way_to_embed_the_turn_goes_on_and_says_so(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDINGS", "nonsense")
    turn = await Talk(in_memory(build_graph(coach))).say(PLAN)
    assert turn.of("plan.version")
    assert "EMBEDDINGS" in turn.of("memory.failed")[0]["reason"]
    assert turn.of("retrieval.failed")


async def test_each_model_has_a_table_of_its_own_and_a_dropped_one_is_made_again(talk: Talk) -> None:
    await talk.say("hello")
    [name] = await table_names("messages")
    assert name.endswith(f"_384_{name[-6:]}")
    await rows_affected(f'drop table public."{name}"')
    assert (await talk.say("hello again")).of("retrieval.failed")
    assert [text for *_, role, text in await vectors() if role == "user"] == ["hello again"]


async def rows_affected(sql: str) -> None:
    async with (await connections.pool()).connection() as connection:
        await connection.execute(sql)


async def test_the_vectors_of_a_thread_go_when_it_is_deleted() -> None:
    thread, other = uuid4(), uuid4()
    await rows_affected(f"insert into threads (thread_id) values ('{thread}'), ('{other}')")
    table = await opened("messages")
    await table.keep(
        [Remembered("ada", "m1", "one", "user", str(thread)), Remembered("ada", "m2", "two", "user", str(other))]
    )
    await rows_affected(f"delete from threads where thread_id = '{UUID(str(thread))}'")
    assert [text for *_, text in await vectors()] == ["two"]
    assert await vector_table.forget("messages", "ada") == 1


def test_ranks_are_fused_by_their_reciprocals() -> None:
    assert fused(["a", "b", "c"], ["c", "d"]) == ["c", "a", "b", "d"]
    assert fused([], ["x"]) == ["x"]
