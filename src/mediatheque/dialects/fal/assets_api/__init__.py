"""fal's Assets API: assets, tags, favorites, lineage."""
