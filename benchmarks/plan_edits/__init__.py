"""How exactly requests in plain words become edits of a plan: nothing missed, nothing else touched."""
