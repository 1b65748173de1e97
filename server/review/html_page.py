"""The page around a report: one file that needs nothing from anywhere, and that a browser lets load nothing."""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from server.review.html_elements import Html, element

# what is folded on a screen is unfolded on paper
_SCRIPT = """
const folded = () => [...document.querySelectorAll("details:not([open])")];
let opened = [];
addEventListener("beforeprint", () => { opened = folded(); opened.forEach((one) => { one.open = true; }); });
addEventListener("afterprint", () => { opened.forEach((one) => { one.open = false; }); });
"""


def page(title: str, *content: Any) -> str:
    """A whole document with the report's style."""
    style = _style()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_hash(_SCRIPT)}'"
    document = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name_="color-scheme", content="light dark"),
            element("title", title),
            element("style", Html(style)),
        ),
        element("body", element("main", *content), element("script", Html(_SCRIPT))),
        lang="en",
    )
    return f"<!doctype html>\n{document}\n"


@cache
def _style() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()
