"""The headers that a project's webhooks are sent with: `webhooks.headers` of `langgraph.json`, filled from the environment."""

import re
from collections.abc import Mapping

from server.errors import StartupError
from server.langgraph_sections import WebhooksSpec

_TEMPLATE = re.compile(r"\$\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset(
    {
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp",
    }
)  # fmt: skip


def resolved_headers(spec: WebhooksSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """The headers with their templates filled. Raises `StartupError` for what must not or cannot be sent, without its value."""
    return {name.lower(): _value(name, text, spec, environment) for name, text in spec.headers.items()}


def _value(name: str, text: str, spec: WebhooksSpec, environment: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(name) or name.lower() in _OURS:
        raise StartupError(f"langgraph.json: webhooks.headers.{name}: this header cannot be chosen; use another name")

    def filled(template: re.Match[str]) -> str:
        variable = template[1]
        if not variable.startswith(spec.env_prefix):
            raise StartupError(
                f"langgraph.json: webhooks.headers.{name}: {variable} does not begin with {spec.env_prefix} "
                "(webhooks.env_prefix): other variables are never sent"
            )
        if variable not in environment:
            raise StartupError(f"langgraph.json: webhooks.headers.{name}: {variable} is not in the environment; set it")
        return environment[variable]

    value = _TEMPLATE.sub(filled, text).strip()
    if "${{" in text and not _TEMPLATE.search(text):
        raise StartupError(
            f"langgraph.json: webhooks.headers.{name}: a template is ${{{{ env.{spec.env_prefix}NAME }}}}"
        )
    if not value.isascii() or not value.isprintable():
        raise StartupError(f"langgraph.json: webhooks.headers.{name}: a header's value is one line of printable ASCII")
    return value
