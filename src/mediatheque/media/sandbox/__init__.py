"""Decoder processes with limits, and the protocol spoken with them."""
