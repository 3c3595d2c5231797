"""tests of app"""
