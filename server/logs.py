"""Structured logs for people (console) or machines (json), with request, run and thread ids where they are known."""

import asyncio
import logging
import sys
from typing import TextIO

import structlog

from server.settings import Settings

CUT_BY_A_STOP = "Cancel %s running task(s), timeout graceful shutdown exceeded"
"""What the HTTP server says when it cuts streams because it stops."""


def configure_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's records through one pipeline to `stream` (stderr by default)."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _without_colours,
    ]
    target = stream or sys.stderr
    renderers: list[structlog.types.Processor]
    if settings.log_format == "json":
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        renderers = [
            structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-2],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("httpx", "httpcore", "openai", "procrastinate", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    for silenced in ("uvicorn.access",):  # requests are logged once, with their ids, by the request-id middleware
        logging.getLogger(silenced).handlers = []
        logging.getLogger(silenced).propagate = False
    http_server = logging.getLogger("uvicorn.error")
    if tell_of_cut_streams not in http_server.filters:
        http_server.addFilter(tell_of_cut_streams)


def tell_of_cut_streams(record: logging.LogRecord) -> bool:
    """A stop cuts the streams that are still read, and readers come back to another process: that is no error.

    The HTTP server logs it as one, and the cancellation of each stream with its traceback.
    """
    if record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    if record.msg == CUT_BY_A_STOP:
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


def _without_colours(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """The HTTP server sends each message a second time with terminal colours in it."""
    event.pop("color_message", None)
    return event
