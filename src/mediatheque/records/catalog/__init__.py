"""Rows about assets, files, folders and tags."""
