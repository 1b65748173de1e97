"""What searching and storing by meaning may fail of: no database, no model, or one that does not answer."""

import psycopg
from openai import OpenAIError
from sqlalchemy.exc import SQLAlchemyError

from tools.database_url import DatabaseUrlError
from tools.knowledge.embeddings import EmbeddingsSettingError
from tools.knowledge.weights import WeightsUnavailableError

FAILURES = (
    DatabaseUrlError,
    EmbeddingsSettingError,
    OpenAIError,
    SQLAlchemyError,
    WeightsUnavailableError,
    psycopg.Error,
)
