"""ASGI middleware: CORS; request ids, limits on request bodies, the access log."""
