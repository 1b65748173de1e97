"""What the doctor says of the carrier of events."""

from server.doctor import check_redis
from tests.scale.companions import redis_server


async def test_a_redis_that_answers_is_named_with_its_version() -> None:
    with redis_server() as server:
        check = await check_redis(server.url)
        assert check.ok
        assert check.found.startswith("Redis ")
        server.kill()
        gone = await check_redis(server.url)
    assert not gone.ok
    assert "events go through Postgres" in gone.advice


async def test_a_redis_that_never_was_is_said_to_be_none() -> None:
    check = await check_redis("redis://:secret@127.0.0.1:1/0")
    assert not check.ok
    assert "secret" not in check.found
