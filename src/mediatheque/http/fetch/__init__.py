"""Fetching URLs of other hosts, protected against server-side request forgery."""
