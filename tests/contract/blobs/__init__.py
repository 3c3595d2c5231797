"""tests/contract/blobs"""
