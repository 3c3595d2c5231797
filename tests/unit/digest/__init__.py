"""tests/unit/digest"""
