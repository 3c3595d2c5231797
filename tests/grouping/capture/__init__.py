"""Programs whose errors were captured."""
