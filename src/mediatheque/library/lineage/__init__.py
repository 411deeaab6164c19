"""Where assets come from, and what was made of what."""
