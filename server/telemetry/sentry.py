"""Errors to Sentry: every exception that is logged as an error, with the ids of its request, run and thread.

Nothing else of it leaves the process: no text of the exception (what a graph raises may quote the conversation, what a
driver raises a connection's password), no variables, no lines of
source, no request, no log lines before it.
"""

import logging
import sys
from importlib.metadata import version
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

TAGS = ("request_id", "run_id", "thread_id", "graph")


class ErrorReports(logging.Handler):
    """Reports what is logged with an exception. The client is our own: what the project's code does with Sentry goes on."""

    def __init__(self, dsn: str, revision: str | None = None) -> None:
        super().__init__(logging.ERROR)
        self._client = sentry_sdk.Client(
            dsn=dsn,
            release=f"planloom@{revision or version('planloom')}",
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            send_default_pii=False,
            max_breadcrumbs=0,
            before_send=_without_texts,
        )

    def start(self) -> None:
        """Report from now on."""
        logging.getLogger().addHandler(self)

    def stop(self, seconds: float) -> None:
        """Report no more; give what is on its way so many seconds."""
        logging.getLogger().removeHandler(self)
        self._client.close(timeout=seconds)

    def emit(self, record: logging.LogRecord) -> None:
        """Report the record's exception, if it has one."""
        logged: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {}
        error = _exception(logged.get("exc_info") or record.exc_info)
        if error is None:
            return
        known = {**structlog.contextvars.get_contextvars(), **logged}
        event, hint = event_from_exception(error, client_options=self._client.options)
        event["level"] = "fatal" if record.levelno >= logging.CRITICAL else "error"
        event["logger"] = record.name
        event["tags"] = {name: str(known[name]) for name in TAGS if known.get(name)}
        self._client.capture_event(event, hint)


def _exception(exc_info: object) -> BaseException | None:
    if exc_info is True:
        exc_info = sys.exc_info()
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    return exc_info if isinstance(exc_info, BaseException) else None


def _without_texts(event: Event, _hint: Hint) -> Event:
    for one in event.get("exception", {}).get("values", []):
        one["value"] = ""
    return event
