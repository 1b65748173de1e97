"""What makes the hashes that stand for users: the operator's salt, else one that this installation made for itself."""

import secrets
from dataclasses import replace

from server.db.installation import kept_secret
from server.db.pool import Pool
from server.tracing.service import TracingOptions

_NAME = "tracing_user_salt"


async def salted(options: TracingOptions | None, pool: Pool) -> TracingOptions | None:
    """The options with a salt in any case: without one, whoever guesses a name could prove that a hash is its."""
    if options is None or options.user_salt:
        return options
    salt = await kept_secret(pool, _NAME, secrets.token_hex(32))
    return replace(options, user_salt=salt, secrets=(*options.secrets, salt))
