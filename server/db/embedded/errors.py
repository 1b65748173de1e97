"""What the embedded Postgres raises."""

from server.errors import StartupError


class EmbeddedPostgresError(StartupError):
    """The embedded Postgres can't be started or shared; the message is one line and says what to do."""
