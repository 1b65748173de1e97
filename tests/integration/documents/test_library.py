"""A room's documents: stored once, found by meaning and by words, seen by no other room, and gone when removed."""

from pathlib import Path

import pytest
from langgraph.store.memory import InMemoryStore

from tests.unit.documents.files import pdf
from tools.documents.library import DocumentLibrary
from tools.documents.read import read_document
from tools.documents.upload import take_in

HANDBOOK = pdf(
    "Everybody has thirty days of holiday a year.\nAsk your manager two weeks before.",
    "Travel is booked by the office.\nThe daily allowance is 28 euros. Form TR-114 is for refunds.",
    title="Handbook",
)
RECIPES = b"# Bread\nKnead the dough for ten minutes and let it rise.\n\n# Soup\nBoil the vegetables slowly.\n"


@pytest.fixture(autouse=True)
def _local_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDINGS", "local")


async def test_a_rooms_documents_are_found_by_meaning_and_by_words_and_stay_in_the_room(database_env: str) -> None:
    library, store = DocumentLibrary(), InMemoryStore()
    handbook, new = await library.add(store, "room-1", read_document(HANDBOOK, "handbook.pdf"), HANDBOOK)
    await library.add(store, "room-1", read_document(RECIPES, "recipes.md"), RECIPES)
    again, twice = await library.add(store, "room-1", read_document(HANDBOOK, "other-name.pdf"), HANDBOOK)
    assert (handbook.name, handbook.pages, new) == ("Handbook", 2, True)
    assert (again, twice) == (handbook, False)

    meaning = await library.search("room-1", "How much vacation do I get?")
    assert meaning[0].place == "Handbook, page 1"
    assert "thirty days of holiday" in meaning[0].text
    words = await library.search("room-1", "TR-114", k=1)
    assert words[0].place == "Handbook, page 2"
    # A search's words are its own: the one before must not colour it.
    bread = await library.search("room-1", "kneading dough", k=1)
    assert bread[0].place == "Bread, Bread"

    only = await library.search(
        "room-1", "How much vacation do I get?", documents=[(await _named(library, store, "Bread"))]
    )
    assert {quote.name for quote in only} == {"Bread"}
    assert await library.search("room-2", "vacation") == []
    assert await library.documents(store, "room-2") == []
    assert await library.search("room-1", "  ") == []


async def test_a_removed_document_is_neither_listed_nor_found(database_env: str) -> None:
    library, store = DocumentLibrary(), InMemoryStore()
    kept, _ = await library.add(store, "room", read_document(HANDBOOK, "handbook.pdf"), HANDBOOK)
    assert [quote.page for quote in await library.text_of("room", kept.id)] == [1, 2]
    await library.remove(store, "room", kept.id)
    assert await library.documents(store, "room") == []
    assert await library.search("room", "holiday") == []
    _, new = await library.add(store, "room", read_document(HANDBOOK, "handbook.pdf"), HANDBOOK)
    assert new
    assert await library.search("room", "holiday")


async def test_files_that_come_with_a_message_are_taken_in_or_refused_one_by_one(
    database_env: str, tmp_path: Path
) -> None:
    library, store = DocumentLibrary(), InMemoryStore()
    files = [
        {"name": "recipes.md", "text": RECIPES.decode()},
        {"name": "again.md", "text": RECIPES.decode()},
        {"name": "broken.pdf", "base64": "JVBERi0xLjcgYnJva2Vu"},
        {"name": "bad.txt", "base64": "%%%"},
        {"name": "both.txt", "text": "x", "base64": "eA=="},
        {"nonsense": 1},
    ]
    told = await take_in(library, store, "room", files)
    assert told.startswith(
        "Taken in: Bread, Bread (was here already). Not taken in: broken.pdf: The PDF cannot be read"
    )
    for refused in ("bad.txt: The base64", "both.txt: A file comes either", "a file is not as it should be"):
        assert refused in told
    assert "with a store" in await take_in(library, None, "room", files)


async def _named(library: DocumentLibrary, store: InMemoryStore, name: str) -> str:
    return next(one.id for one in await library.documents(store, "room-1") if one.name == name)
