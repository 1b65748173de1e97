"""What an installation makes for itself, once for all of its processes."""

import asyncio

from server.db.installation import kept_secret
from server.db.pool import Pool
from server.tracing.salt import salted
from server.tracing.service import TracingOptions

OPTIONS = TracingOptions("http://127.0.0.1:9", "key", "project")


async def test_processes_that_start_at_once_agree_on_a_secret(pool: Pool) -> None:
    kept = await asyncio.gather(*[kept_secret(pool, "test", f"made by {number}") for number in range(8)])
    assert len(set(kept)) == 1
    assert await kept_secret(pool, "test", "made later") == kept[0]


async def test_users_hashes_are_salted_also_where_nobody_thought_of_it(pool: Pool) -> None:
    one, another = [await salted(OPTIONS, pool) for _ in range(2)]
    assert one is not None
    assert another is not None
    assert one.user_salt == another.user_salt
    assert len(one.user_salt) == 64
    assert one.user_salt in one.secrets, "it is masked as the operator's is"
    chosen = TracingOptions("http://127.0.0.1:9", "key", "project", user_salt="chosen")
    assert await salted(chosen, pool) is chosen
    assert await salted(None, pool) is None
