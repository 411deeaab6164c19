"""Films, and sound in the containers of films: MP4, QuickTime and WebM."""
