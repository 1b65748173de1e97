"""Listening to Postgres, through a lost connection."""

import asyncio

import psycopg

from server.db.notifications import Notifications


def notify(database_url: str, channel: str, payload: str) -> None:
    """Send one notification."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("select pg_notify(%s, %s)", (channel, payload))


async def test_each_channel_has_its_handler(database_url: str) -> None:
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    notifications = Notifications(
        database_url,
        {
            "one": lambda payload: heard.put_nowait(("one", payload)),
            "two": lambda payload: heard.put_nowait(("two", payload)),
        },
    )
    await notifications.start()
    for channel, payload in (("one", "a"), ("three", "b"), ("two", "c")):
        await asyncio.to_thread(notify, database_url, channel, payload)
    assert [await heard.get(), await heard.get()] == [("one", "a"), ("two", "c")]
    await notifications.close()


async def test_a_lost_connection_is_renewed_and_handlers_are_told_to_look(database_url: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    notifications = Notifications(database_url, {"one": heard.put_nowait})
    await notifications.start()
    for round_ in ("first", "second"):
        with psycopg.connect(database_url, autocommit=True) as killer:
            killer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        assert await heard.get() == "", "something may have been missed"
        await asyncio.to_thread(notify, database_url, "one", round_)
        assert await heard.get() == round_
    await notifications.close()
