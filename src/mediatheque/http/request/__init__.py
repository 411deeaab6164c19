"""Reading a request: key, parameters, JSON, paging, idempotency."""
