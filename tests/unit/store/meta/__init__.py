"""tests/unit/store/meta"""
