"""Rows of keeps and their outputs, of hooks, and of providers' keys."""
