"""ingest/protocols/remote_write"""
