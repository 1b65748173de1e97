"""A watch's file that came with a message: read, put into the log, and told in a few facts."""

import asyncio
import datetime

from langgraph.store.base import BaseStore

from tools.running import activity_log
from tools.running.activity_file import Recording, UnreadableActivity, read_activity
from tools.running.clock_text import duration_text
from tools.running.log_tools import describe


async def import_activity(
    content: str, store: BaseStore | None, owner: str, timezone: datetime.tzinfo
) -> dict[str, str]:
    """Keep the run of a GPX or TCX text and return what the assistant may say of it, by name.

    `imported_run` tells the run, `import_problem` why there is none: a file never fails a conversation.
    """
    try:
        recording = await asyncio.to_thread(read_activity, content.encode(), timezone)
    except UnreadableActivity as error:
        return {"import_problem": str(error)}
    told = _told(recording)
    if store is None:
        return {"imported_run": f"{told} (not kept: there is no long-term store here)"}
    new = await activity_log.keep(store, owner, recording.activity)
    return {"imported_run": told if new else f"{told} (it was in the log already)"}


def _told(recording: Recording) -> str:
    splits = ", ".join(duration_text(split) for split in recording.km_splits_s[:50])
    return f"{describe(recording.activity)}; km splits {splits}" if splits else describe(recording.activity)
