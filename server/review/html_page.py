"""The page around a report: one file that has no script, needs nothing, and that a browser lets load nothing."""

from functools import cache
from pathlib import Path
from typing import Any

from server.review.html_elements import Html, element

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, *content: Any) -> str:
    """A whole document with the report's style."""
    style = _style()
    document = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            element("meta", name_="color-scheme", content="light dark"),
            element("title", title),
            element("style", Html(style)),
        ),
        element("body", element("main", *content)),
        lang="en",
    )
    return f"<!doctype html>\n{document}\n"


@cache
def _style() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")
