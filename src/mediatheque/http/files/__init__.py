"""Serving files: conditions, ranges, and the fast path for cached ones."""
