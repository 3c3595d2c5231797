"""tests/unit/access"""
