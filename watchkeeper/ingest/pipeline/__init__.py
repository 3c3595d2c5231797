"""ingest/pipeline"""
