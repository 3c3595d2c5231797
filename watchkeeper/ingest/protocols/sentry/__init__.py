"""ingest/protocols/sentry"""
