"""Rows about collections and characters."""
