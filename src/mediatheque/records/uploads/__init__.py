"""Rows about upload sessions, their parts and batches."""
