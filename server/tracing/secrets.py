"""Secrets in what a trace would show: the values this process knows, what looks like a key, and what is called one.

Works on encoded JSON, so that no string is missed wherever it is; what it writes instead leaves the JSON valid.
"""

import os
import re
from collections.abc import Iterable, Mapping

import orjson

MASK = "[secret]"

_SHORTEST = 8  # characters; masking shorter ones would garble texts and say little

_NAMED = rb"api[_-]?keys?|passw(?:or)?d|passwd|passphrase|secrets?|tokens?|authorization|credentials?|private[_-]?key"
_NAMES = (b"api", b"passw", b"passphrase", b"secret", b"token", b"authorization", b"credential", b"private")
# "api_key": "…", also inside JSON that is itself in a string, where quotes are escaped
_NAMED_VALUE = re.compile(
    rb"(\\*\")([\w.-]*(?:" + _NAMED + rb"))\1(\s*:\s*)\1((?:(?!\1)[^\"\\]|\\.)+?)\1", re.IGNORECASE
)
_SCHEMES = (b"bearer ", b"basic ")
_CREDENTIALS = re.compile(rb"(?<=\bbearer )[\w.~+/=-]{12,}|(?<=\bbasic )[\w+/=-]{12,}", re.IGNORECASE)


def _starting(*starts: bytes, rest: bytes) -> list[tuple[bytes, re.Pattern[bytes]]]:
    return [(start, re.compile(rb"(?<![A-Za-z0-9])" + start + rest)) for start in starts]


# each behind the text that it cannot be without: looking for that costs next to nothing
_SHAPES: list[tuple[bytes, re.Pattern[bytes]]] = [
    *_starting(b"sk-", b"rk-", b"pk-", rest=rb"[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic, and those who do as they do
    *_starting(b"lsv2_", rest=rb"[a-z]{2}_[A-Za-z0-9_]{16,}"),  # LangSmith
    *_starting(b"duffel_test_", b"duffel_live_", rest=rb"[\w-]{8,}"),
    *_starting(b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", rest=rb"\w{20,}"),
    *_starting(b"glpat-", rest=rb"[\w-]{16,}"),
    *_starting(b"xox", rest=rb"[abeoprs]-[A-Za-z0-9-]{10,}"),  # Slack
    *_starting(b"AKIA", b"ASIA", rest=rb"[0-9A-Z]{16}(?![0-9A-Z])"),  # AWS
    *_starting(b"AIza", rest=rb"[0-9A-Za-z_-]{30,}"),  # Google
    *_starting(b"eyJ", rest=rb"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # JSON Web Tokens
    (b"://", re.compile(rb"(?<=://)[^/\s\"\\:@]*:[^/\s\"\\@]+(?=@)")),  # user:password in URLs
    (
        b"PRIVATE KEY-----",
        re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\"))"),
    ),
]
_ENVIRONMENT = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS|DSN)$")


class SecretMask:
    """Masks the secrets in encoded JSON."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        values = {encoded for one in known for encoded in _as_in_json(one) if len(one) >= _SHORTEST}
        longest_first = sorted(values, key=len, reverse=True)
        self._known = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None

    def masked(self, encoded: bytes) -> bytes:
        """`encoded` JSON without the secrets in it."""
        mask = MASK.encode()
        if self._known is not None:
            encoded = self._known.sub(mask, encoded)
        for start, shape in _SHAPES:
            if start in encoded:
                encoded = shape.sub(mask, encoded)
        lowered = encoded.lower()
        if any(scheme in lowered for scheme in _SCHEMES):
            encoded = _CREDENTIALS.sub(mask, encoded)
        if any(name in lowered for name in _NAMES):
            encoded = _NAMED_VALUE.sub(rb"\1\2\1\3\1" + mask + rb"\1", encoded)
        return encoded


def known_secrets(environment: Mapping[str, str] | None = None) -> list[str]:
    """The values of the environment's variables that are named like secrets."""
    found = os.environ if environment is None else environment
    return [value for name, value in found.items() if _ENVIRONMENT.search(name.upper())]


def _as_in_json(value: str) -> tuple[bytes, bytes]:
    """A value as it stands in JSON, and in JSON that is in a JSON string."""
    once = orjson.dumps(value)[1:-1]
    return once, orjson.dumps(once.decode())[1:-1]
