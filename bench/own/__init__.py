"""What is measured of Mediatheque alone: embedding, uploads and searches beside it, and starts."""
