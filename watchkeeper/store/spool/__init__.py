"""store/spool"""
