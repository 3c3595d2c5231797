"""Real servers that tests start: nothing here stands in for anything."""
