"""Uploads that take more than one request: sessions, multipart, direct to the store, batches."""
