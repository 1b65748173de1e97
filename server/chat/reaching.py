"""What can go wrong with a connection to a server, as one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from server.errors import StartupError


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Raise `StartupError`, in one line that says what to do, where no server is reached at `url`."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise StartupError(
            f"No server answers at {url}. Start one with `planloom dev`, or name another with --url."
        ) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise StartupError(f"{url!r} is not the URL of a server; one looks like http://127.0.0.1:2024.") from error
    except httpx.HTTPError as error:
        raise StartupError(f"The connection to {url} broke: {error or type(error).__name__}") from error
