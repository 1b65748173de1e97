"""What a server's auth wants of the terminal's commands: headers, named on the command line or in the environment."""

import re
from collections.abc import Mapping, Sequence

from server.errors import StartupError

VARIABLE = "PLANLOOM_HEADERS"
"""Where secrets go, which whoever lists the machine's processes would read on a command line. A header a line."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def headers_of(given: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The headers of the environment and those given as 'Name: value', which count if both name one; names in lower case.

    Raises `StartupError`, which does not show the header: it may be a secret.
    """
    lines = [line for line in environment.get(VARIABLE, "").splitlines() if line.strip()]
    return {
        **dict(_header(line, VARIABLE) for line in lines),
        **dict(_header(one, "--header") for one in given),
    }


def _header(text: str, where: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise StartupError(f"{where} has something that is no header; one looks like 'Authorization: Bearer …'")
    if not value.isascii() or not value.isprintable():
        raise StartupError(f"{where}: the value of {name} is not one line of printable ASCII")
    return name.lower(), value
