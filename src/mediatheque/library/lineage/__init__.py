"""Provenance and lineage: which request made an asset, from which inputs."""
