"""Secrets in what a trace would show: the values this process knows, what looks like a key, and what is called one.

Works on encoded JSON, so that no string is missed wherever it is; what it writes instead leaves the JSON valid.
"""

import os
import re
from collections.abc import Iterable, Mapping

import orjson

MASK = "[secret]"
_MASK = MASK.encode()

_SHORTEST = 8  # characters; masking shorter ones would garble texts and say little

_NAMES = (
    b"access_key", b"access-key", b"accesskey", b"api_key", b"apikey", b"api-key", b"authorization", b"cookie", b"credential",
    b"encryption_key", b"passphrase", b"passwd", b"password", b"private_key", b"private-key", b"privatekey", b"secret",
    b"secret_key", b"secret-key", b"secretkey", b"signing_key", b"token",
)  # fmt: skip
# after a name, a text: `": "…"`, also inside JSON that is itself in a string, where quotes are escaped
_VALUE = re.compile(rb"s?(\\*\")\s*:\s*\1((?:(?!\1)[^\"\\]|\\.)+?)\1")
_CREDENTIALS = re.compile(rb"(?<=\bbearer )[\w.~+/=-]{12,}|(?<=\bbasic )[\w+/=-]{12,}", re.IGNORECASE)


def _shape(start: bytes, pattern: bytes) -> tuple[bytes, re.Pattern[bytes]]:
    return start, re.compile(rb"(?<![A-Za-z0-9])" + pattern)


# each behind a text that it cannot be without: looking for that costs next to nothing
_SHAPES: list[tuple[bytes, re.Pattern[bytes]]] = [
    _shape(b"k-", rb"[srp]k-[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic, and those who do as they do
    _shape(b"lsv2_", rb"lsv2_[a-z]{2}_[A-Za-z0-9_]{16,}"),  # LangSmith
    _shape(b"duffel_", rb"duffel_(?:test|live)_[\w-]{8,}"),
    *(_shape(start, start + rb"\w{20,}") for start in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_")),
    _shape(b"glpat-", rb"glpat-[\w-]{16,}"),
    _shape(b"xox", rb"xox[abeoprs]-[A-Za-z0-9-]{10,}"),  # Slack
    _shape(b"IA", rb"A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])"),  # AWS
    _shape(b"AIza", rb"AIza[0-9A-Za-z_-]{30,}"),  # Google
    _shape(b"eyJ", rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # JSON Web Tokens
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
        if self._known is not None:
            encoded = self._known.sub(_MASK, encoded)
        for start, shape in _SHAPES:
            if start in encoded:
                encoded = shape.sub(_MASK, encoded)
        lowered = encoded.lower()
        if b"bearer " in lowered or b"basic " in lowered:
            encoded = _CREDENTIALS.sub(_MASK, encoded)
            lowered = encoded.lower()
        for name in _NAMES:
            if name in lowered:
                encoded = _without_values_of(name, encoded, lowered)
                lowered = encoded.lower()
        return encoded


def _without_values_of(name: bytes, encoded: bytes, lowered: bytes) -> bytes:
    """`encoded` with masks for the texts whose keys end in `name`."""
    kept: list[bytes] = []
    done = 0
    at = lowered.find(name)
    while at >= 0:
        after = at + len(name)
        found = _VALUE.match(encoded, after)
        if found is not None:
            kept += (encoded[done : found.start(2)], _MASK)
            done = after = found.end(2)
        at = lowered.find(name, after)
    return b"".join((*kept, encoded[done:])) if kept else encoded


def known_secrets(environment: Mapping[str, str] | None = None) -> list[str]:
    """The values of the environment's variables that are named like secrets."""
    found = os.environ if environment is None else environment
    return [value for name, value in found.items() if _ENVIRONMENT.search(name.upper())]


def _as_in_json(value: str) -> tuple[bytes, bytes]:
    """A value as it stands in JSON, and in JSON that is in a JSON string."""
    once = orjson.dumps(value)[1:-1]
    return once, orjson.dumps(once.decode())[1:-1]
