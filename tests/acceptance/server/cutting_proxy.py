"""A network that fails when a test wants it to: a TCP proxy that cuts its connections."""

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit


class CuttingProxy:
    """Stands before a server; `cut` ends the connections that are open, as a broken network would."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._open: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> int:
        """End every open connection in the middle of what it does; how many there were."""
        cut = len(self._open)
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        return cut

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        self._open.add(writer)
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        copying = {asyncio.create_task(_copied(*way)) for way in ((reader, far_writer), (far_reader, writer))}
        _, other = await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
        for task in other:
            task.cancel()
        self._open.discard(writer)
        for end in (writer, far_writer):
            end.transport.abort()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
