"""ingest/scrape"""
