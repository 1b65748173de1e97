"""Documents that people bring into a conversation: read, cut into passages, found again, and cited."""
