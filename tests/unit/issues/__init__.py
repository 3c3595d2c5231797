"""tests/unit/issues"""
