"""What an installation knows of itself: made once, the same for all processes on its database."""

from server.db.pool import Pool


async def kept_secret(pool: Pool, name: str, made: str) -> str:
    """The installation's secret of that name: `made` if it had none, whichever process says so first."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into installation_secrets (name, value) values (%s, %s) on conflict do nothing", (name, made)
        )
        cursor = await connection.execute("select value from installation_secrets where name = %s", (name,))
        row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("the secret that was just kept is gone")
    return str(row["value"])
