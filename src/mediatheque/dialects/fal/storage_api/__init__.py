"""fal's storage: uploads as its clients make them, access, lifecycle."""
