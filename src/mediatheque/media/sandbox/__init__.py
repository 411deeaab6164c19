"""Decoder processes with limits, and the protocol between them and the server."""
