"""Recordings of speech, and the words in them."""
