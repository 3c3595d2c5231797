"""tests/unit/api"""
