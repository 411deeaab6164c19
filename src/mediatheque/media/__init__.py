"""Formats and decoding: `sniff` recognises a format by its first bytes, `Sandbox` examines and renders the file."""
