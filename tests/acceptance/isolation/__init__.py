"""Two workspaces side by side: what each has, every request that could name what is another's, and what may be told."""
