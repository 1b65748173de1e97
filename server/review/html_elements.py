"""HTML made of elements: text is escaped wherever it comes from, and only elements are not."""

from collections.abc import Iterable
from html import escape
from typing import Any

_VOID = frozenset({"meta", "br", "hr"})


class Html(str):
    """Markup that is done: it goes into other elements as it is."""

    __slots__ = ()


def element(name: str, *children: Any, **attributes: object) -> Html:
    """`<name …>children</name>`. An attribute's trailing underscore goes, others become hyphens; None and False leave it out.

    Children are text, `Html`, None (nothing), or iterables of those.
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value), quote=True)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[Any]) -> Html:
    """The children one after the other."""
    return Html("".join(_inside(child) for child in children))


def _inside(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child, quote=False)
    if isinstance(child, Iterable):
        return joined(child)
    return escape(str(child), quote=False)
