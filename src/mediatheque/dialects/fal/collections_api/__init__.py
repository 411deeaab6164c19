"""fal's Assets API: collections and characters."""
