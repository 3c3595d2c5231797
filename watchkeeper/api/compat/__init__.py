"""api/compat"""
