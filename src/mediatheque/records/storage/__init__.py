"""Rows about stored bytes: blobs, pending writes, and what `verify` compares."""
