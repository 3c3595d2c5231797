"""tests/unit/store"""
