"""The ISO base media file format: films, and pictures in AVIF and HEIC."""
