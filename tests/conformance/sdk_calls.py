"""Calls methods of the SDK by name, of its asynchronous or its synchronous client alike."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

Until = Callable[[list[Any]], bool]


class SdkCalls:
    """One client; streams are read to their end, or until `until` holds of an event."""

    def __init__(self, client: LangGraphClient | SyncLangGraphClient) -> None:
        self._client = client
        self.called: set[str] = set()

    async def __call__(self, method: str, *arguments: Any, until: Until | None = None, **options: Any) -> Any:
        """Call `<resource>.<method>`; a stream comes as a list of `[event, data]`."""
        self.called.add(method)
        resource, _, name = method.partition(".")
        bound = getattr(getattr(self._client, resource), name)
        if isinstance(self._client, SyncLangGraphClient):
            return await asyncio.to_thread(_called, bound, arguments, options, until)
        result = bound(*arguments, **options)
        if inspect.isawaitable(result):
            result = await result
        return await _read(result, until) if isinstance(result, AsyncIterator) else result


def public_methods(client: LangGraphClient | SyncLangGraphClient) -> set[str]:
    """`<resource>.<method>` of everything that the client offers; its transport aside."""
    resources = {name: value for name, value in vars(client).items() if name != "http"}
    return {
        f"{resource}.{name}"
        for resource, value in resources.items()
        for name in dir(value)
        if not name.startswith("_") and callable(getattr(value, name))
    }


def _called(bound: Any, arguments: tuple[Any, ...], options: dict[str, Any], until: Until | None) -> Any:
    result = bound(*arguments, **options)
    if not isinstance(result, Iterator):
        return result
    events = []
    for part in result:
        events.append([part.event, part.data])
        if until is not None and until(events[-1]):
            break
    if inspect.isgenerator(result):
        result.close()
    return events


async def _read(result: AsyncIterator[Any], until: Until | None) -> list[Any]:
    events = []
    async for part in result:
        events.append([part.event, part.data])
        if until is not None and until(events[-1]):
            break
    if inspect.isasyncgen(result):
        await result.aclose()
    return events
