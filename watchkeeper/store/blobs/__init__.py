"""store/blobs"""
