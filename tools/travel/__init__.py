"""Travel: places and times, itineraries and the rules they are held to, and flight and stay search behind an interface."""
