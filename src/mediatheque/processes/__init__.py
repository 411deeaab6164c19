"""Child processes: how they are supervised, and how they end with their parent."""
