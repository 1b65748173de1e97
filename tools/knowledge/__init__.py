"""Articles that answers rest on: reading, embedding and searching them."""
