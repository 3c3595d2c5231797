"""Real servers that tests run beside themselves: own directory, own port, gone afterwards."""
