"""Refused uploads, malformed requests and many concurrent clients, over a real socket."""
