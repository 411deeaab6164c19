"""ASGI middleware: CORS, and the request from its first byte to its last."""
