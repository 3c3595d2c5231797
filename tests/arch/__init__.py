"""tests/arch"""
