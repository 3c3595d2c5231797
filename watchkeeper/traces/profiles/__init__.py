"""Profiles: formats that are read, stacks merged into flame graphs."""
