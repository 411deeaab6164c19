"""Reading URLs of other hosts, at addresses that were checked."""
