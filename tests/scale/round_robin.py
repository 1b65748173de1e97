"""A load balancer as plain as can be: TCP connections go to one address after the other."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK_BYTES = 65_536


class RoundRobin:
    """Listens on a free port while its context lasts; one that does not answer is passed over."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._addresses = [(str(parts.hostname), int(parts.port or 0)) for parts in map(urlsplit, urls)]
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._pipes: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _stop(self) -> None:
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        task.add_done_callback(self._pipes.discard)
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            for host, port in self._in_turn():
                with contextlib.suppress(ConnectionRefusedError):
                    behind = await asyncio.open_connection(host, port)
                    break
            else:
                return
            with contextlib.closing(behind[1]):
                await asyncio.gather(_pipe(reader, behind[1]), _pipe(behind[0], writer))

    def _in_turn(self) -> Iterator[tuple[str, int]]:
        self._turn += 1
        count = len(self._addresses)
        return (self._addresses[(self._turn + number) % count] for number in range(count))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    writer.close()  # both ways: an HTTP server that closes has nothing more to say, nor a client
