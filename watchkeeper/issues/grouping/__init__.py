"""issues/grouping"""
