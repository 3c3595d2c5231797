"""Measured load. Each bench writes bench/results/NAME.json and ends with BAR lines."""
