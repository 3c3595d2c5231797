"""tests/unit/limits"""
