"""What can go wrong with remembering: a turn goes on without, and says so."""

from __future__ import annotations

import psycopg
from openai import OpenAIError
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import SQLAlchemyError

from agent.plan.connections import NoDatabaseError
from tools.database_url import DatabaseUrlError
from tools.knowledge.embeddings import EmbeddingsSettingError
from tools.knowledge.weights import WeightsUnavailableError

FAILURES = (
    DatabaseUrlError,
    EmbeddingsSettingError,
    NoDatabaseError,
    OpenAIError,
    PoolTimeout,
    SQLAlchemyError,
    WeightsUnavailableError,
    psycopg.Error,
)


def reason(error: Exception) -> str:
    """What went wrong, in a line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
