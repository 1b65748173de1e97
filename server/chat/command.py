"""`planloom chat`: opens the connection, and turns what can go wrong with it into one clear line."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from langgraph_sdk import get_client

from server.chat.conversation import ConversationError, error_detail
from server.chat.headers import headers_of
from server.chat.session import Session
from server.chat.terminal import Terminal

DEFAULT_URL = "http://127.0.0.1:2024"


async def chat(
    url: str,
    assistant: str,
    thread_id: str | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    headers: Sequence[str] = (),
    terminal: Terminal | None = None,
) -> int:
    """Talk to `assistant` on the server at `url` until the input ends; the exit code.

    `thread_id` goes on with an old conversation. `context` goes with every run, such as {"approval": "always"}; `headers` and
    those of the environment with every request. Raises `StartupError` for those that are none.
    With a pipe for input each line is a turn, or the answer to what the agent asks, and a failed run gives code 1.
    """
    terminal = terminal or Terminal()
    come_back = ("" if url == DEFAULT_URL else f" --url {url}") + (" --header …" if headers else "")
    sent = headers_of(headers, os.environ)
    key = sent.pop(
        "x-api-key", None
    )  # the SDK wants it by itself; not whatever key the environment holds for someone else
    try:
        client = get_client(url=url, api_key=key, headers=sent)
        async with client:
            return await Session(client, terminal, assistant, come_back).run(thread_id, context)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        terminal.show(f"No server answers at {url}. Start one with `planloom dev`, or name another with --url.")
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        terminal.show(f"{url!r} is not the URL of a server; one looks like {DEFAULT_URL}.")
    except httpx.HTTPError as error:
        terminal.show(f"The server at {url} refused: {error_detail(error)}")
    except ConversationError as error:
        terminal.show(str(error))
    return 1
