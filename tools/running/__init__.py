"""Running: fitness and paces from race results, periodised plans, and the rules that plans are held to."""
