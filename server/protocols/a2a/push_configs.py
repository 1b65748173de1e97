"""Who is to be told of a task, in Postgres: rows of the task's first run, that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from psycopg.rows import DictRow

from server.db.pool import Connection
from server.protocols.a2a.model import PushConfig, TaskState
from server.protocols.a2a.repository import TASKS, TaskRecord


@dataclass(frozen=True, slots=True)
class Watched:
    """A task that came to where somebody is to be told of it, and whom."""

    thread_id: UUID
    run_id: UUID
    last_run_id: UUID
    state: TaskState
    config_id: str
    url: str
    thread_metadata: dict[str, Any]


async def put(connection: Connection, task: TaskRecord, dialect: str, config: PushConfig, *, most: int) -> bool:
    """Keep the config, in place of the task's one of that id; False if the task has `most` others already."""
    cursor = await connection.execute(
        """insert into push_configs (run_id, config_id, thread_id, dialect, url, token, scheme, credentials, is_over)
           select %(run)s, %(id)s, %(thread)s, %(dialect)s, %(url)s, %(token)s, %(scheme)s, %(credentials)s, %(over)s
           where (select count(*) from push_configs where run_id = %(run)s and config_id <> %(id)s) < %(most)s
           on conflict (run_id, config_id) do update set dialect = excluded.dialect, url = excluded.url,
               token = excluded.token, scheme = excluded.scheme, credentials = excluded.credentials""",
        {
            "run": task.run_id,
            "id": config.config_id,
            "thread": task.thread_id,
            "dialect": dialect,
            "url": config.url,
            "token": config.token,
            "scheme": config.scheme,
            "credentials": config.credentials,
            "over": task.state.is_terminal,
            "most": most,
        },
    )
    return cursor.rowcount == 1


async def of_task(connection: Connection, task: TaskRecord) -> list[PushConfig]:
    """The task's configs, oldest first."""
    cursor = await connection.execute(
        "select * from push_configs where run_id = %s order by created_at, config_id", (task.run_id,)
    )
    return [_config(task.task_id, row) for row in await cursor.fetchall()]


async def delete(connection: Connection, task: TaskRecord, config_id: str) -> None:
    """Delete the task's config of that id, if there is one."""
    await connection.execute("delete from push_configs where run_id = %s and config_id = %s", (task.run_id, config_id))


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is to be told of a task of an assistant, and in which dialect."""

    task_id: str
    assistant_id: UUID
    dialect: str
    config: PushConfig

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The receiver of a config's row with its run's assistant."""
        task_id = f"{row['thread_id']}:{row['run_id']}"
        return cls(task_id, row["assistant_id"], row["dialect"], _config(task_id, row))


async def receiver(connection: Connection, run_id: UUID, config_id: str) -> Receiver | None:
    """Who is told by the config of that id of the task that a run started; None if nobody is any more."""
    cursor = await connection.execute(
        """select push_configs.*, runs.assistant_id from push_configs join runs using (run_id)
           where push_configs.run_id = %s and config_id = %s""",
        (run_id, config_id),
    )
    row = await cursor.fetchone()
    return None if row is None else Receiver.from_row(row)


async def settled(connection: Connection, thread_id: UUID) -> list[Watched]:
    """The thread's tasks that need input or are over, once for each config that is not told yet that its task is over."""
    cursor = await connection.execute(
        f"""select first.thread_id, first.run_id, last.run_id as last_run_id, seen.state, push.config_id, push.url,
                   threads.metadata
            {TASKS} join push_configs as push on push.run_id = first.run_id
            where push.thread_id = %s and not push.is_over and seen.state not in ('submitted', 'working')""",
        (thread_id,),
    )
    return [
        Watched(
            row["thread_id"],
            row["run_id"],
            row["last_run_id"],
            TaskState(row["state"]),
            row["config_id"],
            row["url"],
            row["metadata"],
        )
        for row in await cursor.fetchall()
    ]


async def reopen(connection: Connection, run_id: UUID, config_id: str) -> None:
    """Note that the end of the task is to be told to that config, even if it came before the config did."""
    await connection.execute(
        "update push_configs set is_over = false where run_id = %s and config_id = %s", (run_id, config_id)
    )


async def end(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Note that nothing more is to be told of the tasks that these runs started."""
    await connection.execute("update push_configs set is_over = true where run_id = any(%s)", (list(run_ids),))


def _config(task_id: str, row: DictRow) -> PushConfig:
    return PushConfig(row["config_id"], task_id, row["url"], row["token"], row["scheme"], row["credentials"])
