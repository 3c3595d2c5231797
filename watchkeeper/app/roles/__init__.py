"""app/roles"""
