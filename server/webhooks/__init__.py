"""Webhooks: a run that is over is told to the URL that its caller named."""
