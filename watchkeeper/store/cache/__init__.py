"""store/cache"""
