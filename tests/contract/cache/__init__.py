"""tests/contract/cache"""
