"""Ids of what the server makes: time-ordered UUIDs (version 7), so that rows made together lie together in an index."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new version 7 UUID."""
    return UUID(int=uuid_utils.uuid7().int)
