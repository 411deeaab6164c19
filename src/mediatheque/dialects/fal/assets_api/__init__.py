"""fal's Assets API: assets, tags, favourites, lineage."""
