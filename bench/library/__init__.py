"""A library with very many assets: searches, lists and inserts, at two sizes of it."""
