"""Search by words and by examples, near duplicates, and the embeddings they rest on."""
