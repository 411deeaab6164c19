"""Assets, files, folders and tags: what is stored, under which name, and who may read it."""
