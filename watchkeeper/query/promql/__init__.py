"""query/promql"""
