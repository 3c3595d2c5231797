"""store/meta/migrations"""
