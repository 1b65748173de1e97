"""A stand-in for LangSmith's ingestion API: takes what the real client sends, and shows it decoded."""

from tests.langsmith_server.server import LangSmithServer
from tests.langsmith_server.traces import ReceivedRun

__all__ = ["LangSmithServer", "ReceivedRun"]
