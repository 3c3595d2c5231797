"""store/columns"""
