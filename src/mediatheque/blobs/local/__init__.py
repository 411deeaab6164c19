"""Blobs on a local file system."""
