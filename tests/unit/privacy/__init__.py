"""tests of privacy"""
