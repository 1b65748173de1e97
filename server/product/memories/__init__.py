"""What is remembered of a person, over HTTP: to see it, and to have it forgotten."""
