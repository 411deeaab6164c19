"""Parsing requests: API key, query parameters, JSON bodies, pagination, idempotency keys."""
