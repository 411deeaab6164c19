"""Serving stored files: conditional requests, ranges, and a fast path for cached files."""
