"""Entity tags of plans, and what requests say about them (RFC 9110 §8.8 and §13.1).

A plan's tag is the SHA-256 of its canonical content. So two versions of equal content share one, and a change that was
made for the one is as good for the other; `x-plan-version` says which of them was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r'(?:W/)?"?([0-9a-f]{64})"?')
ANY = "*"


def entity_tag(content: str, *, weak: bool = False) -> str:
    """The header's value. Weak for what is rendered from the content, since its bytes may change with the renderer."""
    return f'W/"{content}"' if weak else f'"{content}"'


@dataclass(frozen=True)
class Precondition:
    """Which contents a request accepts: any, or those with these hashes."""

    hashes: tuple[str, ...]
    any: bool = False

    @classmethod
    def parse(cls, header: str | None) -> Precondition | None:
        """What If-Match or If-None-Match says; None without one.

        Weak tags and bare hashes count too: a proxy that compresses weakens tags, and the hash names the content anyway.
        """
        if header is None:
            return None
        parts = [part.strip() for part in header.split(",")]
        found = (_TAG.fullmatch(part) for part in parts)
        return cls(tuple(one.group(1) for one in found if one), any=ANY in parts)

    def holds_for(self, content: str) -> bool:
        """Whether content with this hash is accepted."""
        return self.any or content in self.hashes
