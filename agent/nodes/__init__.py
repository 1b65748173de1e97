"""The steps of a turn, one a file: state and runtime in, partial update out."""
