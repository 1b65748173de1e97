"""What goes wrong when a review is read, as one line for the person at the terminal."""

from server.errors import PlanloomError


class NothingToReview(PlanloomError):
    """What was asked for is not there, or may not be read; the message says what to do."""
