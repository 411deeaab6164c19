"""From bytes to an asset: the pipeline that every upload and import passes through."""
