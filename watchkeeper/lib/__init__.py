"""Domain-free helpers, each in a file named for its job. Imports nothing of ours."""
