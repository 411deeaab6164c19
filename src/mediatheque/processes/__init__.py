"""Child processes: supervision, and their end with the parent."""
