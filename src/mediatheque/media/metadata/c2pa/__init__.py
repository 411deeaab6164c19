"""C2PA manifests: whether a file has one, and who made the claim. They are never verified, and never changed."""
