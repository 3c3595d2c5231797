"""ingest/protocols"""
