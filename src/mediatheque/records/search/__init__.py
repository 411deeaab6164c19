"""Statements of the search: full text, vectors, estimates, embeddings."""
