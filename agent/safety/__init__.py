"""Rules on a person's own words that come before any model, and the fixed answers that they lead to."""
