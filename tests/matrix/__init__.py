"""Many versions of many SDKs against a real server (`python -m tests.matrix`); not a test run."""
