"""What a stop of the server logs of the streams that it cuts."""

import asyncio
import inspect
import logging
from typing import Any

import uvicorn.server

from server.logs import CUT_BY_A_STOP, tell_of_cut_streams


def _record(message: str, error: BaseException | None = None, *given: Any) -> logging.LogRecord:
    raised = None if error is None else (type(error), error, None)
    return logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, message, given, raised)


def test_streams_that_a_stop_cuts_are_counted_without_an_error() -> None:
    assert CUT_BY_A_STOP in inspect.getsource(uvicorn.server)
    record = _record(CUT_BY_A_STOP, None, 3)
    assert tell_of_cut_streams(record)
    assert (record.levelno, record.levelname) == (logging.INFO, "INFO")
    assert record.getMessage().startswith("Cancel 3 running")
    assert not tell_of_cut_streams(_record("Exception in ASGI application\n", asyncio.CancelledError()))


def test_what_a_request_ran_into_stays_an_error() -> None:
    record = _record("Exception in ASGI application\n", ValueError("broken"))
    assert tell_of_cut_streams(record)
    assert record.levelno == logging.ERROR
