"""tests/contract/meta"""
