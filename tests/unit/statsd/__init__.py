"""tests/unit/statsd"""
