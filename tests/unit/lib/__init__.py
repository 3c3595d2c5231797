"""tests/unit/lib"""
