"""Plans over HTTP: read, compared, changed by a person, undone, restored."""
