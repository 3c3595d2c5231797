"""api/wk"""
