"""Garbage collection, expired uploads, and the check that rows and bytes agree."""
